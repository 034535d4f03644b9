/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include "base/str.h"
#include "cli/domain-define.h"
#include "output/cpu-picture.h"

#include <errno.h>
#include <string.h>

static bool domain_has_devices(const struct session *s)
{
	return answers_is_set(&s->answers, "gpu") || answers_is_set(&s->answers, "nvme") ||
	       answers_is_set(&s->answers, "device");
}

/* It is what was asked for, but hardly what was meant. */
static void domain_note_no_devices(const struct session *s)
{
	if (!domain_has_devices(s))
		fputs(_("vfio-wizard: no PCI device was chosen (--gpu, --nvme, --device): this machine gets none.\n"),
		      stderr);
}

/* Beside the domain, not in it: what the preset chose and what is to be known. */
static void domain_print_notes(const json_t *about)
{
	const json_t *item, *text;
	size_t i, k;

	json_array_foreach(json_object_get(about, "defaults"), i, item)
		fprintf(stderr, "vfio-wizard: %s\n", json_string_value(json_object_get(item, "text")));
	json_array_foreach(json_object_get(about, "notes"), i, item) {
		fprintf(stderr, "vfio-wizard: %s\n", json_string_value(json_object_get(item, "text")));
		json_array_foreach(json_object_get(item, "evidence"), k, text)
			fprintf(stderr, "    %s\n", json_string_value(text));
		json_array_foreach(json_object_get(item, "advice"), k, text)
			fprintf(stderr, "  %s\n", json_string_value(text));
	}
}

/* Instead of the machine: which of the host's CPUs it gets. */
static void domain_show_cpu(struct cli *c, const struct session *s, const struct machine *m)
{
	const char *const *lines = cpu_picture(s->host, m, s->host->arena);

	if (!*lines)
		cli_printf(c, _("Which of this host's CPUs share a core is not known.\n"));
	for (; *lines; lines++)
		cli_printf(c, "%s\n", *lines);
	if (!m->pins)
		cli_printf(c, _("The machine's %u CPUs are not tied to any of them.\n"), m->cpus);
}

static int domain_check_options(const struct cli *c, const char *format, struct err *err)
{
	if (cli_has(c, "define") && strcmp(format, "libvirt") != 0)
		return err_set(err, ERR_USAGE, -EINVAL, _("--define needs --format libvirt."));
	if (cli_has(c, "define") && cli_has(c, "add-to"))
		return err_set(err, ERR_USAGE, -EINVAL, _("--define and --add-to cannot be used together."));
	if (cli_has(c, "show-cpu") && (cli_has(c, "define") || cli_has(c, "add-to")))
		return err_set(err, ERR_USAGE, -EINVAL, _("--show-cpu only shows, so it stands without --define and --add-to."));
	return 0;
}

/* Nothing chosen is nothing to add; a device of USB alone is something. */
static int domain_add(struct cli *c, struct session *s, struct err *err)
{
	if (!domain_has_devices(s) && !answers_is_set(&s->answers, "usb"))
		return err_set(err, ERR_ANSWER_MISSING, -ENODATA,
			       _("No device was chosen for --add-to: --gpu, --nvme, --device or --usb."));
	return domain_add_to(c, s, cli_value(c, "add-to"), err);
}

static int domain_output(struct cli *c, const char *format, const char *file, const char *text, size_t len,
			 const struct session *s, const struct machine *m, json_t *about, struct err *err)
{
	if (file && strcmp(file, "-") != 0)
		return cli_write_file(file, text, len, machine_format_find(format)->mode, err);
	if (c->json) {
		json_t *j = json_object();

		json_object_set_new(j, "format", json_text(format));
		json_object_set_new(j, "text", json_text(text));
		json_object_set_new(j, "cpu", cpu_picture_json(s->host, m));
		json_object_update(j, about);
		cli_print_json(c, j);
	} else {
		fwrite(text, 1, len, c->out);
	}
	return 0;
}

static int domain_run(struct cli *c, struct err *err)
{
	const char *format = cli_value(c, "format"), *file = cli_value(c, "output");
	_cleanup_session_ struct session *s = NULL;
	_cleanup_(machine_freep) struct machine *m = NULL;
	_cleanup_json_ json_t *about = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r;

	if (!format)
		format = "libvirt";
	r = domain_check_options(c, format, err);
	if (r == 0)
		r = cli_open_session(c, &s, err);
	if (r == 0)
		r = session_look(s, NULL, NULL, err);
	if (r == 0)
		r = session_check_input(s, err);
	if (r == 0 && cli_has(c, "add-to"))
		return domain_add(c, s, err);
	if (r == 0)
		domain_note_no_devices(s);
	if (r == 0 && (!cli_has(c, "define") || file))
		r = session_write_machine_of(s, format, cli_value(c, "template"), &m, &text, &len, err);
	if (r == 0 && cli_has(c, "show-cpu") && !c->json) {
		domain_show_cpu(c, s, m);
		return 0;
	}
	if (r == 0)
		r = session_describe_machine(s, &about, err);
	if (r == 0 && !c->json)
		domain_print_notes(about);
	if (r == 0 && text && (file || !cli_has(c, "define")))
		r = domain_output(c, format, file, text, len, s, m, about, err);
	if (r == 0 && cli_has(c, "define"))
		r = domain_define(c, s, err);
	return r;
}

static const struct cli_option domain_options[] = {
	{ "format", "libvirt|qemu|hook", N_("what to write; libvirt when not given") },
	{ "output", N_("FILE"), N_("where to; - is standard output"), 'o' },
	{ "show-cpu", NULL, N_("show instead which of the host's CPUs it gets; --json always has that") },
	{ "define", NULL, N_("give it to libvirt; a machine of that name is shown as a diff, and replaced with --yes only") },
	{ "add-to", N_("NAME|FILE.xml"),
	  N_("put only the chosen devices into this machine of libvirt (with --yes), or into this file") },
	{ "yes", NULL, N_("do what --define or --add-to showed, also where a machine is there already"), 'y' },
	{ "template", N_("FILE"), N_("use this template instead of the shipped one") },
	{ 0 },
};

const struct command command_domain = {
	.name = "domain",
	.summary = N_("writes the virtual machine"),
	.options = domain_options,
	.takes_answers = true,
	.run = domain_run,
};
