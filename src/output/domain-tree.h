/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/err.h"
#include "base/str.h"

#include <libxml/tree.h>
#include <stdbool.h>

/* libvirt's domains as libxml2's trees: for the files of this room only. */
static inline void domain_tree_freep(xmlDocPtr *doc)
{
	xmlFreeDoc(*doc);
}
#define _cleanup_doc_ _cleanup_(domain_tree_freep)

static inline void domain_attr_freep(char **text)
{
	xmlFree(*text);
}
/* What domain_attr() and domain_text() give. */
#define _cleanup_attr_ _cleanup_(domain_attr_freep)

/*
 * Parses TEXT, which has to be a <domain>.  Entities stay as they are and nothing is fetched.  ERR_INPUT
 * "FILE:LINE: …".
 */
int domain_tree_parse(const char *text, size_t len, const char *file, xmlDocPtr *ret, struct err *err)
	_must_check_;
bool domain_is(const xmlNode *node, const char *name);
/* The first element child of that NAME, NULL; PARENT may be NULL. */
xmlNodePtr domain_child(const xmlNode *parent, const char *name);
/* The next element of the same name behind NODE, NULL. */
xmlNodePtr domain_next(const xmlNode *node);
/* NULL when there is none. */
char *domain_attr(const xmlNode *node, const char *name);
bool domain_attr_is(const xmlNode *node, const char *name, const char *value);
/* "0x0a", "10"; -1 when it is missing or no number. */
long domain_number(const xmlNode *node, const char *name);
/* The text in NODE, NULL. */
char *domain_text(const xmlNode *node);
/*
 * NODE as libvirt would print it, INDENT blanks deep; SORTED: attributes by name, comments and the
 * blanks around texts left out.
 */
void domain_print(struct str *out, const xmlNode *node, unsigned indent, bool sorted);
