/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The part of a template's keys that says what is seen and heard, which firmware, and what the versions know. */
#include "output/machine-parts.h"

#include "base/json.h"
#include "base/str.h"
#include "output/feature.h"

static json_t *display_ovmf(const struct machine_ovmf *f)
{
	json_t *o;

	if (!f)
		return json_null();
	o = json_object();
	json_object_set_new(o, "description", json_text(f->description));
	json_object_set_new(o, "code", json_text(f->code));
	json_object_set_new(o, "code_format", json_text(f->code_format));
	json_object_set_new(o, "vars", json_text(f->vars ? f->vars : f->code));
	json_object_set_new(o, "vars_format", json_text(f->vars ? f->vars_format : f->code_format));
	json_object_set_new(o, "combined", json_boolean(!f->vars));
	return o;
}

static void display_set_firmware(json_t *o, const struct machine *m)
{
	bool secure = m->firmware == GUEST_UEFI_SECURE;

	json_object_set_new(o, "ovmf", display_ovmf(m->ovmf));
	json_object_set_new(o, "enrolled_keys", json_boolean(secure && m->enrolled_keys));
	/* Firmware without SMM has nobody who may write to a protected flash. */
	json_object_set_new(o, "smm", json_boolean(m->ovmf ? m->ovmf->requires_smm : secure));
	json_object_set_new(o, "secure_loader",
			    json_boolean(secure && !machine_libvirt_knows(m, FEATURE_secure_boot_by_feature)));
}

static json_t *display_looking_glass(const struct machine *m)
{
	json_t *o;

	if (m->display != GUEST_DISPLAY_LOOKING_GLASS)
		return json_null();
	o = json_object();
	json_object_set_new(o, "mib", json_integer(m->looking_glass_bytes >> 20));
	json_object_set_new(o, "bytes", json_integer(m->looking_glass_bytes));
	json_object_set_new(o, "kvmfr", json_boolean(m->looking_glass_kvmfr));
	json_object_set_new(o, "user", json_text(m->looking_glass_user));
	return o;
}

static json_t *display_evdev(const struct machine *m)
{
	json_t *array = json_array();

	for (unsigned i = 0; i < m->n_evdev; i++) {
		json_t *o = json_object();

		context_set_path(o, m->evdev[i].path);
		json_object_set_new(o, "keyboard", json_boolean(m->evdev[i].keyboard));
		json_object_set_new(o, "number", json_integer(i));
		json_array_append_new(array, o);
	}
	return array;
}

static json_t *display_audio(const struct machine *m)
{
	static const char *const words[] = { [GUEST_AUDIO_SPICE] = "spice", [GUEST_AUDIO_PIPEWIRE] = "pipewire",
					     [GUEST_AUDIO_PULSE] = "pulse", [GUEST_AUDIO_JACK] = "jack" };
	json_t *o;

	if (m->audio == GUEST_AUDIO_NONE)
		return json_null();
	o = json_object();
	for (unsigned i = GUEST_AUDIO_SPICE; i < ARRAY_SIZE(words); i++)
		json_object_set_new(o, words[i], json_boolean(m->audio == i));
	json_object_set_new(o, "runtime_dir", json_text(m->audio_runtime_dir));
	return o;
}

void machine_context_display(json_t *o, const struct machine *m)
{
	bool shared = m->n_evdev > 0;

	json_object_set_new(o, "libvirt", feature_context(m->libvirt_knows));
	json_object_set_new(o, "qemu", feature_context(m->qemu_knows));
	json_object_set_new(o, "preset", json_text(m->preset));
	display_set_firmware(o, m);
	json_object_set_new(o, "until_installed", json_boolean(m->until_installed));
	json_object_set_new(o, "looking_glass", display_looking_glass(m));
	json_object_set_new(o, "evdev", display_evdev(m));
	json_object_set_new(o, "evdev_switch", json_text(m->evdev_switch));
	json_object_set_new(o, "virtio_input",
			    json_boolean(shared || m->display == GUEST_DISPLAY_LOOKING_GLASS));
	json_object_set_new(o, "audio", display_audio(m));
	json_object_set_new(o, "balloon", json_boolean(m->n_hostdevs == 0));
}
