/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/recording.h"

#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define READ_HEADER "# vfio-wizard recorded host 1"
#define READ_DEPTH  64

/* Where a path starts in reader.dir_path and the open directory, for every level we are below. */
struct read_level {
	int fd;
	size_t end; /* of its name in dir_path */
};

struct reader {
	const char *name;
	const char *next, *end; /* unread text */
	unsigned line;
	unsigned entry_line; /* where the path of this entry is: what messages are about */
	struct err *err;
	mode_t umask;
	char dir_path[PATH_MAX]; /* directory the deepest open level stands for */
	struct read_level levels[READ_DEPTH];
	unsigned n_levels; /* levels[0] is the target directory */
	bool has_unreadable;
};

/* One line, taken apart. */
struct read_entry {
	char path[PATH_MAX]; /* without the leading slash and the trailing one */
	bool is_dir, has_mode, has_owner;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	const char *rest; /* behind the path and the mode: the sign */
	size_t rest_len;
};

static int read_fail(const struct reader *r, const char *what)
{
	return err_input(r->err, r->name, r->entry_line, "%s", what);
}

static int read_write_fail(const struct reader *r, const char *path)
{
	int code = -errno;

	if (code == -EEXIST)
		return err_input(r->err, r->name, r->entry_line, _("The path /%s is there twice."), path);
	if (code == -ELOOP || code == -ENOTDIR)
		return err_input(r->err, r->name, r->entry_line,
				 _("The path /%s goes through something that is not a folder."), path);
	return err_set(r->err, ERR_WRITE, code, _("Cannot unpack /%s of %s: %s"), path, r->name,
		       strerror(-code));
}

/* The next line without its newline; false at the end. */
static bool read_line(struct reader *r, const char **ret, size_t *ret_len)
{
	const char *nl;

	if (r->next == r->end)
		return false;
	nl = memchr(r->next, '\n', (size_t)(r->end - r->next));
	*ret = r->next;
	*ret_len = (size_t)((nl ? nl : r->end) - r->next);
	r->next = nl ? nl + 1 : r->end;
	r->line++;
	return true;
}

static int read_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "/a/b\x20c" up to a blank or the end, into E->path; refuses what is not a plain absolute path. */
static int read_parse_path(struct reader *r, const char **line, size_t *len, struct read_entry *e)
{
	const char *s = *line, *end = s + *len;
	size_t n = 0, start = 0;

	if (s == end || *s++ != '/')
		return read_fail(r, _("A line must start with a path like /proc/cmdline."));
	for (; s < end && *s != ' '; s++) {
		char c = *s;

		if (c == '\\') {
			int high = end - s > 3 && s[1] == 'x' ? read_hex_digit(s[2]) : -1;
			int low = high >= 0 ? read_hex_digit(s[3]) : -1;

			if (low < 0 || high * 16 + low == 0)
				return read_fail(r, _("A backslash in a path must be followed by x "
						      "and two hexadecimal digits, like \\x20."));
			c = (char)(high * 16 + low);
			s += 3;
		} else if (iscntrl((unsigned char)c)) {
			return read_fail(r, _("A path cannot contain control characters."));
		}
		if (n + 2 > sizeof(e->path))
			return read_fail(r, _("This path is too long."));
		e->path[n++] = c;
	}
	e->is_dir = n && e->path[n - 1] == '/';
	n -= e->is_dir;
	e->path[n] = '\0';
	for (size_t i = 0; i <= n; i++) {
		size_t part = i - start;

		if (i < n && e->path[i] != '/')
			continue;
		if (part == 0 || (part <= 2 && strncmp(e->path + start, "..", part) == 0))
			return read_fail(r, _("A path must be absolute and cannot contain empty "
					      "parts, . or .."));
		start = i + 1;
	}
	*len = (size_t)(end - s);
	*line = s;
	return 0;
}

/* " [0600]", " [0600 0:0]" */
static int read_parse_mode(struct reader *r, const char **line, size_t *len, struct read_entry *e)
{
	char text[40];
	unsigned mode, uid, gid;
	const char *close;
	size_t n;
	int end = 0;

	if (*len < 2 || (*line)[0] != ' ' || (*line)[1] != '[')
		return 0;
	close = memchr(*line, ']', *len);
	n = close ? (size_t)(close - *line) - 2 : sizeof(text);
	if (n >= sizeof(text))
		return read_fail(r, _("The mode must look like [0600] or [0600 0:0]."));
	memcpy(text, *line + 2, n);
	text[n] = '\0';
	e->has_mode = true;
	if (sscanf(text, "%o %u:%u%n", &mode, &uid, &gid, &end) == 3 && text[end] == '\0') {
		e->has_owner = true;
		e->uid = uid;
		e->gid = gid;
	} else if (sscanf(text, "%o%n", &mode, &end) != 1 || text[end] != '\0') {
		return read_fail(r, _("The mode must look like [0600] or [0600 0:0]."));
	}
	if (mode > 07777)
		return read_fail(r, _("The mode must look like [0600] or [0600 0:0]."));
	e->mode = mode;
	*len -= n + 3;
	*line += n + 3;
	return 0;
}

static void read_pop(struct reader *r, unsigned levels)
{
	while (r->n_levels > levels)
		close(r->levels[--r->n_levels].fd);
}

/* How many of the open levels PATH is below, too. */
static unsigned read_shared_levels(const struct reader *r, const char *path)
{
	unsigned n = 1;

	while (n < r->n_levels && strncmp(path, r->dir_path, r->levels[n].end) == 0 &&
	       path[r->levels[n].end] == '/')
		n++;
	return n;
}

/*
 * Opens (and makes) the directory PATH is in; *RET_NAME is its last part.  Neighbours in the file
 * are neighbours in the tree, so the open levels are kept.  No link is ever followed: the links are
 * from the file, too, and could lead anywhere.
 */
static int read_enter(struct reader *r, const char *path, int *ret_fd, const char **ret_name)
{
	const char *slash;
	size_t at;

	read_pop(r, read_shared_levels(r, path));
	at = r->n_levels > 1 ? r->levels[r->n_levels - 1].end + 1 : 0;
	for (; (slash = strchr(path + at, '/')); at = (size_t)(slash - path) + 1) {
		_cleanup_free_ char *part = xstrndup(path + at, (size_t)(slash - path) - at);
		int above = r->levels[r->n_levels - 1].fd, fd;

		if (r->n_levels == READ_DEPTH)
			return read_fail(r, _("This path is too deep."));
		fd = openat(above, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT) {
			if (mkdirat(above, part, 0755) < 0)
				return read_write_fail(r, path);
			fd = openat(above, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		}
		if (fd < 0)
			return read_write_fail(r, path);
		memcpy(r->dir_path, path, (size_t)(slash - path));
		r->levels[r->n_levels++] = (struct read_level){ fd, (size_t)(slash - path) };
	}
	*ret_fd = r->levels[r->n_levels - 1].fd;
	*ret_name = path + at;
	return 0;
}

static int read_set_attrs(const struct reader *r, const struct read_entry *e, int fd)
{
	/* Only root can give files away; for everybody else the owner is not worth failing. */
	if (e->has_owner && fchown(fd, e->uid, e->gid) < 0 && errno != EPERM)
		return read_write_fail(r, e->path);
	if ((e->has_mode || (r->umask & 0644)) && fchmod(fd, e->has_mode ? e->mode : 0644) < 0)
		return read_write_fail(r, e->path);
	return 0;
}

static int read_put_file(struct reader *r, const struct read_entry *e, const char *bytes,
			 size_t len)
{
	const char *name;
	_cleanup_close_ int fd = -1;
	int dir, code = read_enter(r, e->path, &dir, &name);

	if (code < 0)
		return code;
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return read_write_fail(r, e->path);
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return read_write_fail(r, e->path);
		bytes += n;
		len -= (size_t)n;
	}
	return read_set_attrs(r, e, fd);
}

static int read_put_dir(struct reader *r, const struct read_entry *e)
{
	const char *name;
	_cleanup_close_ int fd = -1;
	int dir, code = read_enter(r, e->path, &dir, &name);

	if (code < 0)
		return code;
	/* There already when a path below it came first. */
	if (mkdirat(dir, name, 0755) < 0 && errno != EEXIST)
		return read_write_fail(r, e->path);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return read_write_fail(r, e->path);
	return e->has_mode ? read_set_attrs(r, e, fd) : 0;
}

static int read_put_link(struct reader *r, const struct read_entry *e, const char *target,
			 size_t len)
{
	_cleanup_free_ char *text = NULL;
	const char *name;
	int dir, code;

	if (len == 0 || memchr(target, '\0', len) || e->is_dir || e->has_mode)
		return read_fail(r, _("A link must look like /PATH -> TARGET."));
	code = read_enter(r, e->path, &dir, &name);
	if (code < 0)
		return code;
	text = xstrndup(target, len);
	return symlinkat(text, dir, name) < 0 ? read_write_fail(r, e->path) : 0;
}

/* "+3840": so many bytes of zero; what is longer than any file of a host is a slip. */
#define READ_MOST_ZEROS (1u << 20)

static int read_zeros(struct reader *r, const char *text, size_t len, struct str *bytes, size_t *ret_used)
{
	unsigned n = 0;
	size_t i = 1;

	while (i < len && text[i] >= '0' && text[i] <= '9' && n <= READ_MOST_ZEROS)
		n = n * 10 + (unsigned)(text[i++] - '0');
	if (i == 1 || n == 0 || n > READ_MOST_ZEROS || (i < len && text[i] != ' '))
		return read_fail(r, _("Behind a plus there must be the number of zero bytes, like +3840."));
	while (n--)
		str_addc(bytes, '\0');
	*ret_used = i;
	return 0;
}

static int read_put_hex(struct reader *r, const struct read_entry *e, const char *hex, size_t len)
{
	_cleanup_str_ struct str bytes = { 0 };

	for (size_t i = 0; i < len;) {
		int high, low, code;
		size_t used;

		if (hex[i] == ' ') { /* between bytes, for the reader */
			i++;
			continue;
		}
		if (hex[i] == '+') {
			code = read_zeros(r, hex + i, len - i, &bytes, &used);
			if (code < 0)
				return code;
			i += used;
			continue;
		}
		high = read_hex_digit(hex[i]);
		low = i + 1 < len ? read_hex_digit(hex[i + 1]) : -1;
		if (high < 0 || low < 0)
			return read_fail(r, _("Behind the colon there must be pairs of hexadecimal "
					      "digits."));
		str_addc(&bytes, (char)(high * 16 + low));
		i += 2;
	}
	return read_put_file(r, e, str_c(&bytes), bytes.len);
}

/* The lines that start with a tab; the first other one is left unread. */
static int read_put_text(struct reader *r, const struct read_entry *e, bool ends_with_newline)
{
	_cleanup_str_ struct str text = { 0 };
	const char *line;
	size_t len;

	while (r->next < r->end && *r->next == '\t' && read_line(r, &line, &len)) {
		str_addn(&text, line + 1, len - 1);
		str_addc(&text, '\n');
	}
	if (!ends_with_newline && text.len)
		text.len--;
	return read_put_file(r, e, str_c(&text), text.len);
}

/* There, but not readable: mode 0.  fsroot keeps that promise for root as well. */
static int read_put_unreadable(struct reader *r, struct read_entry *e, const char *why, size_t len)
{
	if (!(len == 6 && memcmp(why, "EACCES", 6) == 0) && !(len == 5 && memcmp(why, "EPERM", 5) == 0))
		return read_fail(r, _("Behind the exclamation mark there must be EACCES or EPERM."));
	e->has_mode = true;
	e->mode = 0;
	r->has_unreadable = true;
	return e->is_dir ? read_put_dir(r, e) : read_put_file(r, e, "", 0);
}

/* Text behind SIGN and the one blank after it; false when the line has another sign. */
static bool read_sign(const struct read_entry *e, const char *sign, const char **ret,
		      size_t *ret_len)
{
	size_t n = strlen(sign);

	if (e->rest_len < n + 1 || e->rest[0] != ' ' || memcmp(e->rest + 1, sign, n) != 0 ||
	    (e->rest_len > n + 1 && e->rest[n + 1] != ' '))
		return false;
	*ret = e->rest + n + 1;
	*ret_len = e->rest_len - n - 1;
	if (*ret_len) {
		++*ret;
		--*ret_len;
	}
	return true;
}

static int read_put(struct reader *r, struct read_entry *e)
{
	_cleanup_free_ char *with_newline = NULL;
	const char *value;
	size_t len;

	if (e->is_dir && e->rest_len == 0)
		return read_put_dir(r, e);
	if (read_sign(e, "!", &value, &len))
		return read_put_unreadable(r, e, value, len);
	if (read_sign(e, "->", &value, &len))
		return read_put_link(r, e, value, len);
	if (e->is_dir)
		return read_fail(r, _("A path that ends in / is a folder and has no content."));
	if (read_sign(e, "=\\", &value, &len))
		return read_put_file(r, e, value, len);
	if (read_sign(e, ":", &value, &len))
		return read_put_hex(r, e, value, len);
	if (read_sign(e, "=", &value, &len)) {
		with_newline = xmalloc(len + 1);
		memcpy(with_newline, value, len);
		with_newline[len] = '\n';
		return read_put_file(r, e, with_newline, len + 1);
	}
	if (read_sign(e, "<<", &value, &len) && len == 0)
		return read_put_text(r, e, true);
	if (read_sign(e, "<<\\", &value, &len) && len == 0)
		return read_put_text(r, e, false);
	return read_fail(r, _("Behind the path there must be one of = : -> << ! and a blank."));
}

static int read_lines(struct reader *r)
{
	const char *line;
	size_t len;

	if (!read_line(r, &line, &len) || len != strlen(READ_HEADER) ||
	    memcmp(line, READ_HEADER, len) != 0)
		return err_input(r->err, r->name, 1, _("This is no recorded host: the first line must be "
						       "\"%s\"."),
				 READ_HEADER);
	while (read_line(r, &line, &len)) {
		struct read_entry e = { .is_dir = false };
		int code;

		r->entry_line = r->line;
		if (len == 0 || *line == '#')
			continue;
		code = read_parse_path(r, &line, &len, &e);
		if (code == 0)
			code = read_parse_mode(r, &line, &len, &e);
		e.rest = line;
		e.rest_len = len;
		if (code == 0)
			code = read_put(r, &e);
		if (code < 0)
			return code;
	}
	return 0;
}

static int read_mark_unreadable(struct reader *r)
{
	struct read_entry mark = { .path = FSROOT_MODE_0_MARK };

	return read_put_file(r, &mark, "", 0);
}

int recording_unpack(const char *text, size_t len, const char *name, const char *dir, struct err *err)
{
	struct reader r = {
		.name = name, .next = text, .end = text + len, .err = err,
	};
	int code;

	r.levels[0].fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r.levels[0].fd < 0)
		return err_set(err, ERR_WRITE, -errno, _("Cannot open %s: %s"), dir, strerror(errno));
	r.n_levels = 1;
	r.umask = umask(022);
	umask(r.umask);
	code = read_lines(&r);
	if (code == 0 && r.has_unreadable)
		code = read_mark_unreadable(&r);
	read_pop(&r, 0);
	return code;
}
