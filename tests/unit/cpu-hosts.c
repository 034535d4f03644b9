/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * cpu-hosts: names of the CPUs in cpu-trees.h, one a line, with the node of the card (-1 none).
 * cpu-hosts NAME: the lines of that one, for a recorded host.
 */
#include "cpu-trees.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	const struct cpu_tree *tree = argc == 2 ? cpu_tree_find(argv[1]) : NULL;
	_cleanup_free_ char *text = tree ? cpu_tree_text(tree) : NULL;

	if (argc == 1)
		for (unsigned i = 0; i < ARRAY_SIZE(cpu_trees); i++)
			printf("%s %d\n", cpu_trees[i].name, cpu_trees[i].card_node);
	else if (text)
		fputs(text, stdout);
	return argc == 1 || text ? 0 : 64;
}
