/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the sound goes: to the SPICE window, or to the sound server of somebody who works on this host. */
#include "output/machine-parts.h"

#include "base/str.h"
#include "output/feature.h"

#include <errno.h>

static const struct {
	const char *word;
	enum guest_audio audio;
} audio_words[] = {
	{ "none", GUEST_AUDIO_NONE },	      { "spice", GUEST_AUDIO_SPICE },
	{ "pipewire", GUEST_AUDIO_PIPEWIRE }, { "pulse", GUEST_AUDIO_PULSE },
	{ "jack", GUEST_AUDIO_JACK },
};

/*
 * /run/user/1000 is the user's alone (0700): a QEMU that libvirt starts as another user does not get to the
 * sockets in it, whatever the domain says.
 */
static void audio_note_user(struct machine *m, const struct host *h)
{
	const struct confinement_facts *c = &h->confinement;
	const struct user_facts *u = &h->permissions.user;
	const char *user = u->name ? u->name : "USER";
	struct machine_note *note;

	if (c->run_uid >= 0 && c->run_uid == u->uid)
		return;
	note = machine_note(m, "audio-other-user", SEVERITY_WARN,
			    c->run_user ? arena_printf(m->arena,
						       _("libvirt starts machines as the user %s, who cannot reach the sound "
							 "server in %s: the machine will be silent, or not start."),
						       c->run_user, m->audio_runtime_dir)
					: arena_printf(m->arena,
						       _("libvirt starts machines as a user of its own, who cannot reach the "
							 "sound server in %s: the machine will be silent, or not start."),
						       m->audio_runtime_dir));
	arena_strv_add(m->arena, &note->advice,
		       arena_printf(m->arena,
				    _("Write user = \"%s\" into /etc/libvirt/qemu.conf and restart libvirtd (or virtqemud); "
				      "machines then run as that user."),
				    user));
	arena_strv_add(m->arena, &note->advice, _("Or let the sound go to the window: --audio spice."));
	if (c->apparmor == 1 && c->apparmor_profile)
		arena_strv_add(m->arena, &note->advice,
			       arena_printf(m->arena,
					    _("AppArmor keeps machines out of it as well: add \"%s/** rwk,\" to "
					      "/etc/apparmor.d/local/abstractions/libvirt-qemu."),
					    m->audio_runtime_dir));
}

/* PipeWire answers as a PulseAudio server, too (pipewire-pulse), which versions before these know. */
static void audio_choose_pipewire(struct machine *m)
{
	if (machine_libvirt_knows(m, FEATURE_audio_pipewire))
		return;
	m->audio = GUEST_AUDIO_PULSE;
	machine_note(m, "audio-pipewire-as-pulse", SEVERITY_INFO,
		     _("PipeWire itself is known to libvirt since 9.10 and to QEMU since 8.1; here the sound goes to "
		       "its PulseAudio server (pipewire-pulse)."));
}

int machine_set_audio(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	const char *word = answers_get(a, "audio");
	bool spice = m->display != GUEST_DISPLAY_NONE, found = str_eq(word, "auto") || !word;

	m->audio = spice ? GUEST_AUDIO_SPICE : GUEST_AUDIO_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(audio_words); i++) {
		if (!str_eq(word, audio_words[i].word))
			continue;
		m->audio = audio_words[i].audio;
		found = true;
	}
	if (!found)
		return err_set(err, ERR_USAGE, -EINVAL, _("--%s: “%s” is not possible here."), "audio", word);
	if (m->audio == GUEST_AUDIO_SPICE && !spice) {
		err_set(err, ERR_NOT_POSSIBLE, -EINVAL, _("--audio: without a SPICE window there is no sound in it."));
		return err_hint(err, _("Take pipewire or pulse, or none: the card's own outputs have sound as well."));
	}
	if (m->audio == GUEST_AUDIO_NONE || m->audio == GUEST_AUDIO_SPICE)
		return 0;
	if (h->permissions.user.uid <= 0) {
		err_set(err, ERR_NOT_POSSIBLE, -ENOENT,
			_("--audio: it is not known on whose behalf this runs, so not whose sound server it shall be."));
		return err_hint(err, _("Run this by sudo from the account that hears it, or take --audio spice."));
	}
	m->audio_runtime_dir = arena_printf(m->arena, "/run/user/%lld", (long long)h->permissions.user.uid);
	if (m->audio == GUEST_AUDIO_PIPEWIRE)
		audio_choose_pipewire(m);
	audio_note_user(m, h);
	return 0;
}
