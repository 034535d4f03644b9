/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session/libvirt-ask.h"

#include "base/arena.h"
#include "base/spawn.h"
#include "base/str.h"
#include "base/strv.h"

#include <errno.h>
#include <string.h>

#define ASK_TIMEOUT_S 60

/* "error: failed to connect to the hypervisor" and what follows it, in one line. */
static char *ask_words(const struct spawn_result *res)
{
	_cleanup_free_ char *copy = xstrdup(res->output);
	char *text = str_trim(copy);
	struct str s = { 0 };

	for (char *line = text, *end; line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		if (str_starts_with(line, "error: "))
			line += strlen("error: ");
		str_addf(&s, "%s%s", s.len ? "; " : "", line);
	}
	if (!s.len)
		str_add(&s, res->timed_out ? _("no answer") : _("no reason given"));
	return str_steal(&s);
}

/* WHAT[0] is virsh's command. */
static int ask(const char *const *what, struct spawn_result *res, struct err *err)
{
	const char *argv[12] = { "virsh", "--quiet", "--connect", LIBVIRT_URI };
	struct spawn_request req = { .argv = argv, .timeout_s = ASK_TIMEOUT_S };
	_cleanup_free_ char *words = NULL;
	unsigned n = 4;
	int r;

	while (*what && n < ARRAY_SIZE(argv) - 1)
		argv[n++] = *what++;
	r = spawn_run(&req, res, err);
	if (r < 0)
		return err_hint(err, _("Install libvirt's command line (Debian: libvirt-clients), or write the machine to a "
				       "file with -o FILE and define it elsewhere."));
	if (res->exit_status == 0)
		return 0;
	words = ask_words(res);
	err_set(err, ERR_NOT_POSSIBLE, -EIO, _("libvirt says: %s"), words);
	if (strstr(words, "connect"))
		err_hint(err, _("Does it run? systemctl status libvirtd virtqemud.socket"));
	return -EIO;
}

int libvirt_names(char ***ret, struct err *err)
{
	static const char *const what[] = { "list", "--all", "--name", NULL };
	_cleanup_spawn_result_ struct spawn_result res = { 0 };
	int r = ask(what, &res, err);

	if (r < 0)
		return r;
	*ret = strv_split(res.output, "\n");
	return 0;
}

int libvirt_definition(const char *name, char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_free_ char *domain = xasprintf("--domain=%s", name);
	const char *const what[] = { "dumpxml", "--inactive", "--security-info", domain, NULL };
	_cleanup_spawn_result_ struct spawn_result res = { 0 };
	const char *start, *end;
	int r = ask(what, &res, err);

	if (r < 0)
		return r;
	/* Warnings of the library come through the same pipe. */
	start = strstr(res.output, "<domain");
	end = start ? strstr(start, "</domain>") : NULL;
	if (!end)
		return err_set(err, ERR_NOT_POSSIBLE, -EIO, _("libvirt gave no definition of %s."), name);
	end += strlen("</domain>");
	*ret = xasprintf("%.*s\n", (int)(end - start), start);
	*ret_len = strlen(*ret);
	return 0;
}

bool libvirt_is_running(const char *name)
{
	_cleanup_free_ char *domain = xasprintf("--domain=%s", name);
	const char *const what[] = { "domstate", domain, NULL };
	_cleanup_spawn_result_ struct spawn_result res = { 0 };

	/* "running", "paused", "in shutdown", "pmsuspended", "crashed"; LC_ALL is C. */
	return ask(what, &res, NULL) == 0 && strcmp(str_trim(res.output), "shut off") != 0;
}

int libvirt_order(const char *order, const char *name, struct err *err)
{
	_cleanup_free_ char *domain = xasprintf("--domain=%s", name);
	const char *const what[] = { order, domain, NULL };
	_cleanup_spawn_result_ struct spawn_result res = { 0 };

	return ask(what, &res, err);
}

char *libvirt_name_of(const char *uuid)
{
	const char *const what[] = { "domname", uuid, NULL };
	_cleanup_spawn_result_ struct spawn_result res = { 0 };
	char *name;

	if (ask(what, &res, NULL) < 0)
		return NULL;
	name = str_trim(res.output);
	return *name ? xstrdup(name) : NULL;
}
