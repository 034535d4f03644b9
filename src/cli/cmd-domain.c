/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/cmd.h"

#include "base/spawn.h"
#include "base/str.h"

#include <errno.h>
#include <string.h>

static int domain_define(const char *text, size_t len, struct err *err)
{
	const char *const argv[] = { "virsh", "--connect", "qemu:///system", "define", "/dev/stdin", NULL };
	struct spawn_request req = { .argv = argv, .input = text, .input_len = len, .timeout_s = 60 };
	_cleanup_spawn_result_ struct spawn_result result = { 0 };
	int r = spawn_run(&req, &result, err);

	if (r < 0) {
		err_hint(err, _("Install libvirt-clients, or write the domain to a file and define it yourself."));
		return r;
	}
	if (result.exit_status == 0)
		return 0;
	err_set(err, ERR_NOT_POSSIBLE, -EIO, _("libvirt did not take the domain: %s"), str_trim(result.output));
	return err_hint(err, _("Nothing was defined. Is libvirtd running? systemctl status libvirtd"));
}

static int domain_define_if_asked(struct cli *c, struct session *s, const char *format, const char *text,
				  size_t len, struct err *err)
{
	int r;

	if (!cli_has(c, "define"))
		return 0;
	if (strcmp(format, "libvirt") != 0)
		return err_set(err, ERR_USAGE, -EINVAL, _("--define needs --format libvirt."));
	if (!fsroot_is_live(s->root))
		return err_set(err, ERR_NOT_POSSIBLE, -EXDEV,
			       _("Only a machine of this computer can be defined here."));
	r = cli_check_writable(c, s, err);
	return r < 0 ? r : domain_define(text, len, err);
}

/* It is what was asked for, but hardly what was meant. */
static void domain_note_no_devices(const struct session *s)
{
	if (!answers_is_set(&s->answers, "gpu") && !answers_is_set(&s->answers, "nvme") &&
	    !answers_is_set(&s->answers, "device"))
		fputs(_("vfio-wizard: no PCI device was chosen (--gpu, --nvme, --device): this machine gets none.\n"),
		      stderr);
}

/* What a person should know before starting it; findings of the JSON otherwise. */
static void domain_say_notes(const struct session *s)
{
	for (unsigned i = 0; i < s->n_machine_notes; i++) {
		const struct finding *f = s->machine_notes[i];
		_cleanup_str_ struct str text = { 0 };

		str_add_printable(&text, f->text);
		for (const char *const *advice = f->advice; advice && *advice; advice++) {
			str_addc(&text, ' ');
			str_add_printable(&text, *advice);
		}
		fprintf(stderr, "vfio-wizard: %s\n", str_c(&text));
	}
}

static int domain_run(struct cli *c, struct err *err)
{
	const char *format = cli_value(c, "format"), *file = cli_value(c, "output");
	_cleanup_session_ struct session *s = NULL;
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = cli_open_session(c, &s, err);

	if (!format)
		format = "libvirt";
	if (r == 0)
		r = session_look(s, NULL, NULL, err);
	if (r == 0)
		r = session_check_input(s, err);
	if (r == 0)
		domain_note_no_devices(s);
	if (r == 0)
		r = session_write_machine(s, format, cli_value(c, "template"), &text, &len, err);
	if (r == 0)
		r = domain_define_if_asked(c, s, format, text, len, err);
	if (r != 0)
		return r;
	if (!c->json)
		domain_say_notes(s);
	if (file && strcmp(file, "-") != 0)
		return cli_write_file(file, text, len, machine_format_find(format)->mode, err);
	if (c->json) {
		json_t *j = json_object();

		json_object_set_new(j, "format", json_text(format));
		json_object_set_new(j, "text", json_text(text));
		json_object_set_new(j, "findings", cli_json_findings(s->machine_notes, s->n_machine_notes));
		cli_print_json(c, j);
	} else if (!cli_has(c, "define") || file) {
		fwrite(text, 1, len, c->out);
	}
	return 0;
}

static const struct cli_option domain_options[] = {
	{ "format", "libvirt|qemu", N_("what to write; libvirt when not given") },
	{ "output", N_("FILE"), N_("where to; - is standard output"), 'o' },
	{ "define", NULL, N_("give it to libvirt") },
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
