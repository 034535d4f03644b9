/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a cloud image reads at its first start: user-data and meta-data of cloud-init's NoCloud data source, on a disc
 * with the label cidata.  Source: cloud-init documentation, reference/datasources/nocloud and reference/modules.
 */
#include "output/machine-parts.h"

#include "base/str.h"
#include "model/plan.h"
#include "output/ssh-key.h"

#include <errno.h>
#include <string.h>

#define SEED_FOLDER "/var/lib/libvirt/images"
#define SEED_TEXTS "/etc/vfio-wizard/machines"
#define SEED_LOWER "abcdefghijklmnopqrstuvwxyz"
#define SEED_LETTERS SEED_LOWER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SEED_DIGITS "0123456789"
#define SEED_USER_MAX 32
#define SEED_HOST_MAX 63

static const char *const seed_keys[] = { "cloud-user", "cloud-ssh-key", "cloud-password-hash", "cloud-package",
					 "cloud-hostname", "cloud-network" };

static bool seed_is_wanted(const struct answers *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(seed_keys); i++)
		if (answers_is_set(a, seed_keys[i]))
			return true;
	return false;
}

/* useradd's own rule; root may not log in with a key on cloud images. */
static int seed_check_user(const char *user, struct err *err)
{
	if (str_eq(user, "root"))
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--cloud-user: cloud images let nobody in as root; name a user, who may then use sudo."));
	if (!strchr(SEED_LOWER "_", user[0]) || strlen(user) > SEED_USER_MAX ||
	    user[strspn(user, SEED_LOWER SEED_DIGITS "_-")])
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--cloud-user: “%s” is no user name: it starts with a small letter and goes on with small "
				 "letters, digits, _ and -, %d at most."),
			       user, SEED_USER_MAX);
	return 0;
}

static bool seed_is_host(const char *name)
{
	size_t len = strlen(name);

	return len > 0 && len <= SEED_HOST_MAX && name[strspn(name, SEED_LETTERS SEED_DIGITS "-")] == '\0' &&
	       name[0] != '-' && name[len - 1] != '-';
}

/* crypt(5): "$6$salt$…", "$y$…", "$2b$12$…"; never a password itself. */
static int seed_check_hash(const char *hash, struct err *err)
{
	static const char *const methods[] = { "$6$", "$5$", "$y$", "$gy$", "$7$", "$2a$", "$2b$", "$2y$" };
	size_t len = strlen(hash);
	bool known = false;

	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		known = known || str_starts_with(hash, methods[i]);
	if (known && len >= 40 && len <= 384 && hash[strspn(hash, SEED_LETTERS SEED_DIGITS "$./,=")] == '\0' &&
	    strchr(hash + 3, '$'))
		return 0;
	if (!known || len < 40)
		err_set(err, ERR_USAGE, -EINVAL, _("--cloud-password-hash: this is no hash of a password. A password itself would "
						   "lie readable in several files, so it is not taken."));
	else
		err_set(err, ERR_USAGE, -EINVAL, _("--cloud-password-hash: this hash of a password is damaged."));
	return err_hint(err, _("Make one: mkpasswd -m sha-512 (package whois), or openssl passwd -6. Put it into single quotes."));
}

/* Names of packages as apt, dnf, zypper and pacman have them; no option can hide in one. */
static int seed_check_package(const char *name, struct err *err)
{
	if (strchr(SEED_LETTERS SEED_DIGITS, name[0]) && strlen(name) <= 128 &&
	    name[strspn(name, SEED_LETTERS SEED_DIGITS "+-._:~@/")] == '\0')
		return 0;
	return err_set(err, ERR_USAGE, -EINVAL, _("--cloud-package: “%s” is no name of a package."), name);
}

static int seed_add_key_line(json_t *keys, const char *path, unsigned number, char *line, struct err *err)
{
	const char *wrong;

	line = str_trim(line);
	if (!*line || *line == '#')
		return 0;
	wrong = ssh_key_check_line(line);
	if (wrong)
		return err_set(err, ERR_INPUT, -EBADMSG, _("--cloud-ssh-key: %s:%u: %s."), path, number, wrong);
	json_array_append_new(keys, json_text(line));
	return 0;
}

static int seed_add_keys(const struct host *h, json_t *keys, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len, had = json_array_size(keys);
	unsigned number = 0;
	int r = machine_check_path(path, "cloud-ssh-key", err);

	if (r < 0)
		return r;
	r = fsroot_read(h->root, path, &text, &len);
	if (r < 0)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("--cloud-ssh-key: %s cannot be read: %s."), path, strerror(-r));
	if (ssh_key_is_private(text, len)) {
		err_set(err, ERR_USAGE, -EINVAL,
			_("--cloud-ssh-key: %s is the private half of a key. It stays where it is: nothing was read from it into "
			  "anything."),
			path);
		return err_hint(err, _("Give the public half: %s.pub"), path);
	}
	if (memchr(text, '\0', len))
		return err_set(err, ERR_INPUT, -EBADMSG, _("--cloud-ssh-key: %s is no text."), path);
	for (char *line = text; r == 0 && line; number++) {
		char *next = strchr(line, '\n');

		if (next)
			*next++ = '\0';
		r = seed_add_key_line(keys, path, number + 1, line, err);
		line = next;
	}
	if (r == 0 && json_array_size(keys) == had)
		return err_set(err, ERR_INPUT, -EBADMSG, _("--cloud-ssh-key: there is no key in %s."), path);
	return r;
}

static int seed_add_all_keys(const struct host *h, const struct answers *a, json_t *keys, struct err *err)
{
	_cleanup_free_ const char **files = answers_get_all(a, "cloud-ssh-key");
	int r = 0;

	for (const char **file = files; r == 0 && *file; file++)
		r = seed_add_keys(h, keys, *file, err);
	return r;
}

static int seed_add_packages(const struct answers *a, json_t *data, struct err *err)
{
	_cleanup_free_ const char **all = answers_get_all(a, "cloud-package");
	json_t *packages = json_array();
	int r = 0;

	for (const char **name = all; r == 0 && *name; name++) {
		r = seed_check_package(*name, err);
		json_array_append_new(packages, json_text(*name));
	}
	if (r < 0 || !json_array_size(packages)) {
		json_decref(packages);
		return r;
	}
	json_object_set_new(data, "package_update", json_true());
	json_object_set_new(data, "packages", packages);
	return 0;
}

/* Without a password of its own the user gets root's rights without one, as on every cloud image. */
static int seed_add_user(const struct answers *a, json_t *data, json_t *keys, struct err *err)
{
	const char *user = answers_get(a, "cloud-user"), *hash = answers_get(a, "cloud-password-hash");
	json_t *o;
	int r = user ? seed_check_user(user, err) : 0;

	if (r == 0 && hash)
		r = seed_check_hash(hash, err);
	if (r < 0)
		return r;
	if (hash && !user)
		return err_set(err, ERR_USAGE, -EINVAL, _("--cloud-password-hash needs --cloud-user: whose password it is."));
	if (!hash && !json_array_size(keys)) {
		err_set(err, ERR_USAGE, -EINVAL, _("--cloud-…: nobody could log in to this machine: cloud images have no password."));
		return err_hint(err, _("Give a public key: --cloud-ssh-key ~/.ssh/id_ed25519.pub, or a password: "
				       "--cloud-password-hash."));
	}
	if (!user) {
		/* the user whom the image itself makes: debian, ubuntu, fedora, … */
		json_object_set(data, "ssh_authorized_keys", keys);
		return 0;
	}
	o = json_pack("{ss}", "name", user);
	json_object_set_new(o, "shell", json_string("/bin/bash"));
	json_object_set_new(o, "sudo", json_string(hash ? "ALL=(ALL:ALL) ALL" : "ALL=(ALL) NOPASSWD:ALL"));
	json_object_set_new(o, "lock_passwd", json_boolean(!hash));
	if (hash)
		json_object_set_new(o, "passwd", json_text(hash));
	if (json_array_size(keys))
		json_object_set(o, "ssh_authorized_keys", keys);
	json_object_set_new(data, "users", json_pack("[o]", o));
	return 0;
}

static int seed_add_host(struct machine *m, const struct answers *a, json_t *data, json_t *meta, struct err *err)
{
	const char *host = answers_get(a, "cloud-hostname");

	if (host && !seed_is_host(host))
		return err_set(err, ERR_USAGE, -EINVAL,
			       _("--cloud-hostname: “%s” is no host name: letters, digits and -, not at its ends, %d at most."), host,
			       SEED_HOST_MAX);
	if (!host && seed_is_host(m->name))
		host = m->name;
	if (!host)
		return 0;
	json_object_set_new(data, "hostname", json_text(host));
	json_object_set_new(meta, "local-hostname", json_text(host));
	return 0;
}

/* Handed on as it is, once it is known to be YAML with a version in it. */
static int seed_add_network(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	const char *path = answers_get(a, "cloud-network");
	_cleanup_free_ char *text = NULL;
	_cleanup_json_ json_t *doc = NULL;
	const json_t *network;
	size_t len;
	int r;

	if (!path)
		return 0;
	r = fsroot_read(h->root, path, &text, &len);
	if (r < 0)
		return err_set(err, ERR_NOT_POSSIBLE, r, _("--cloud-network: %s cannot be read: %s."), path, strerror(-r));
	r = yaml_parse(text, len, path, &doc, err);
	if (r < 0)
		return r;
	network = json_object_get(doc, "network");
	if (!json_is_integer(json_object_get(network ? network : doc, "version")))
		return err_set(err, ERR_INPUT, -EBADMSG, _("--cloud-network: %s holds no network configuration (“version: 2”)."), path);
	m->seed->network_config = arena_strndup(m->arena, text, len);
	return 0;
}

/* Another seed is another instance: cloud-init then does everything once more. */
static void seed_finish(struct machine *m, const json_t *data, json_t *meta)
{
	_cleanup_free_ char *user = yaml_format(data), *text = NULL;
	char hash[SHA256_TEXT];

	m->seed->user_data = arena_printf(m->arena, "#cloud-config\n%s", user ? user : "");
	sha256_hex(m->seed->user_data, strlen(m->seed->user_data), hash);
	json_object_set_new(meta, "instance-id", json_sprintf("%s-%.12s", m->name, hash));
	text = yaml_format(meta);
	m->seed->meta_data = arena_strdup(m->arena, text ? text : "");
}

/* A seed without an image that reads it does nothing. */
static void seed_note_image(struct machine *m)
{
	const struct machine_disk *d = m->n_disks ? &m->disks[0] : NULL;
	struct machine_note *f;

	if (!d || d->exists || d->base || d->is_block || m->install_iso) {
		machine_note_of(m, "seed-is-read-once", SEVERITY_INFO, m->seed->path,
			     _("cloud-init reads %s at the first start of the image. A changed seed is read once more; leave the "
			       "--cloud-… options out to take the disc away."),
			     m->seed->path);
		return;
	}
	f = machine_note_of(m, "seed-without-image", SEVERITY_WARN, d->path,
			 _("The disk %s is made empty, so there is nothing that would read the cloud-init seed."), d->path);
	machine_note_advice(m, f, _("Make it from a cloud image: --disk %s,from=IMAGE,size=40G"), d->path);
}

int machine_set_seed(struct machine *m, const struct host *h, const struct answers *a, struct err *err)
{
	_cleanup_json_ json_t *data = json_object(), *meta = json_object(), *keys = json_array();
	int r;

	if (!seed_is_wanted(a))
		return 0;
	if (m->os == GUEST_WINDOWS11 || m->os == GUEST_WINDOWS10)
		return err_set(err, ERR_USAGE, -EINVAL, _("--cloud-…: Windows reads no cloud-init seed; --os linux does."));
	m->seed = arena_alloc(m->arena, sizeof(*m->seed));
	m->seed->path = arena_printf(m->arena, SEED_FOLDER "/%s-seed.iso", m->name);
	m->seed->folder = arena_printf(m->arena, SEED_TEXTS "/%s.seed", m->name);
	r = seed_add_host(m, a, data, meta, err);
	if (r == 0)
		r = seed_add_all_keys(h, a, keys, err);
	if (r == 0)
		r = seed_add_user(a, data, keys, err);
	if (r == 0)
		r = seed_add_packages(a, data, err);
	if (r == 0)
		r = seed_add_network(m, h, a, err);
	if (r < 0)
		return r;
	seed_finish(m, data, meta);
	seed_note_image(m);
	return 0;
}
