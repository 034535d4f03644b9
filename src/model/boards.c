/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/boards.h"

#include "base/str.h"
#include "model/board-pattern.h"
#include "model/data-lines.h"

#include <string.h>

enum board_field {
	FIELD_MAKER,
	FIELD_FAMILY,
	FIELD_BOARD,
	FIELD_CPU,
	FIELD_KEY,
	FIELD_SOURCE,
	FIELD_PATH, /* + enum firmware_setting */
	FIELD_COUNT = FIELD_PATH + SETTING_SECURE_BOOT,
};

static const char *const boards_fields[FIELD_COUNT] = {
	"maker", "family", "board", "cpu", "key", "source",
	"virtualization", "iommu", "acs", "above4g", "rebar", "sriov",
};

struct board_line {
	const char *where; /* "data/boards:12" */
	bool own;
	const char *value[FIELD_COUNT]; /* NULL: not in this line.  Patterns as written, the rest as read */
};

const char *firmware_setting_name(enum firmware_setting s)
{
	return s < SETTING_SECURE_BOOT ? boards_fields[FIELD_PATH + s] : "secureboot";
}

/*
 * Names in /sys/class/firmware-attributes, letters and digits only, of dell-wmi-sysman, thinklmi and
 * hp-bioscfg; the last also of HP's setup pages, as display_name has them.
 */
static const struct {
	const char *name;
	enum firmware_setting setting;
} boards_attributes[] = {
	{ "virtualization", SETTING_VIRTUALIZATION },
	{ "virtualizationtechnology", SETTING_VIRTUALIZATION },
	{ "intelvirtualizationtechnology", SETTING_VIRTUALIZATION },
	{ "intelrvirtualizationtechnology", SETTING_VIRTUALIZATION },
	{ "virtualizationtechnologyvtx", SETTING_VIRTUALIZATION },
	{ "amdvtechnology", SETTING_VIRTUALIZATION },
	{ "amdvt", SETTING_VIRTUALIZATION },
	{ "svmcpuvirtualization", SETTING_VIRTUALIZATION },
	{ "svmmode", SETTING_VIRTUALIZATION },
	{ "vtfordirectio", SETTING_IOMMU },
	{ "vtdfeature", SETTING_IOMMU },
	{ "vtd", SETTING_IOMMU },
	{ "intelvtdfeature", SETTING_IOMMU },
	{ "virtualizationtechnologyfordirectediovtd", SETTING_IOMMU },
	{ "virtualizationtechnologydirectediovtd", SETTING_IOMMU },
	{ "iommu", SETTING_IOMMU },
	{ "amdiommu", SETTING_IOMMU },
	{ "above4gdecoding", SETTING_ABOVE_4G },
	{ "above4gbdecoding", SETTING_ABOVE_4G },
	{ "resizablebar", SETTING_REBAR },
	{ "resizablebarsupport", SETTING_REBAR },
	{ "resizebar", SETTING_REBAR },
	{ "sriov", SETTING_SRIOV },
	{ "sriovglobalenable", SETTING_SRIOV },
	{ "sriovsupport", SETTING_SRIOV },
	{ "secureboot", SETTING_SECURE_BOOT },
	{ "configurelegacysupportandsecureboot", SETTING_SECURE_BOOT },
};

enum firmware_setting firmware_setting_of(const char *name)
{
	char plain[64];
	size_t n = 0;

	for (; *name && n < sizeof(plain) - 1; name++) {
		char c = *name;

		if (c >= 'A' && c <= 'Z')
			c = (char)(c + 32);
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			plain[n++] = c;
	}
	plain[n] = '\0';
	for (unsigned i = 0; !*name && i < ARRAY_SIZE(boards_attributes); i++)
		if (strcmp(plain, boards_attributes[i].name) == 0)
			return boards_attributes[i].setting;
	return SETTING_COUNT;
}

static enum board_field boards_field(const char *name)
{
	unsigned i = 0;

	while (i < FIELD_COUNT && strcmp(boards_fields[i], name) != 0)
		i++;
	return (enum board_field)i;
}

/* A value without backslashes; NULL when it has one that means nothing, or a byte that is no text. */
static const char *boards_text(struct arena *a, const char *value)
{
	_cleanup_str_ struct str text = { 0 }, printable = { 0 };

	if (!pattern_is_valid(value))
		return NULL;
	for (const char *p = value; *p;) {
		int c = pattern_next(&p);

		str_addc(&text, c == PATTERN_STAR ? '*' : (char)c);
	}
	str_add_printable(&printable, str_c(&text));
	return str_eq(str_c(&printable), str_c(&text)) ? arena_strdup(a, str_c(&text)) : NULL;
}

/* One "name=value"; a translated sentence when it is wrong, NULL when it is fine. */
static const char *boards_take_field(struct board_line *line, struct arena *a, char *field)
{
	char *value = strchr(field, '=');
	const char *name;
	enum board_field at;

	if (!value)
		return arena_printf(a, _("\"%s\" is no field; fields look like name=value."), field);
	*value++ = '\0';
	name = str_trim(field);
	value = str_trim(value);
	at = boards_field(name);
	if (at == FIELD_COUNT)
		return arena_printf(a, _("There is no field \"%s\"."), name);
	if (line->value[at])
		return arena_printf(a, _("The field \"%s\" is there twice."), name);
	if (!*value)
		return arena_printf(a, _("The field \"%s\" is empty."), name);
	if (at == FIELD_CPU && !str_eq(value, "intel") && !str_eq(value, "amd"))
		return arena_printf(a, _("cpu is intel or amd, not \"%s\"."), value);
	if (at <= FIELD_BOARD)
		line->value[at] = pattern_is_valid(value) ? arena_strdup(a, value) : NULL;
	else
		line->value[at] = boards_text(a, value);
	if (!line->value[at])
		return arena_printf(a, _("The value of \"%s\" has an empty part, a backslash that means "
					 "nothing, or a byte that is no text."), name);
	return NULL;
}

static const char *boards_take(struct host *h, void *user, const struct data_line *text)
{
	struct boards *b = user;
	struct board_line *line = arena_alloc(h->arena, sizeof(*line));
	bool says = false;

	line->where = arena_printf(h->arena, "%s:%u", text->file, text->number);
	line->own = text->own;
	for (unsigned i = 0; i < text->n; i++) {
		const char *wrong = boards_take_field(line, h->arena, text->columns[i]);

		if (wrong)
			return wrong;
	}
	if (!line->value[FIELD_MAKER])
		return _("The field \"maker\" is missing.");
	if (!line->value[FIELD_SOURCE])
		return _("The field \"source\" is missing: it says where the paths were read.");
	for (unsigned i = FIELD_KEY; i < FIELD_COUNT; i++)
		says = says || (i != FIELD_SOURCE && line->value[i]);
	if (!says)
		return _("The line says nothing: it has neither a key nor a path.");
	arena_list_add(h->arena, &b->lines, line);
	return NULL;
}

void boards_add(struct boards *b, struct host *h, const char *file, const char *text, size_t len, bool own)
{
	data_lines_add(h, file, text, len, own, boards_take, b);
}

void boards_add_own(struct boards *b, struct host *h)
{
	data_lines_add_own(h, BOARDS_OWN, boards_take, b);
}

unsigned boards_count(const struct boards *b)
{
	return (unsigned)b->lines.n;
}

const char *boards_source(const struct boards *b, unsigned i)
{
	const struct board_line *line = b->lines.items[i];

	return line->value[FIELD_SOURCE];
}

static const char *boards_cpu(const struct host *h)
{
	switch (h->cpu.vendor) {
	case CPU_INTEL:
		return "intel";
	case CPU_AMD:
	case CPU_HYGON:
		return "amd";
	case CPU_ZHAOXIN:
	case CPU_ARM:
	case CPU_OTHER:
		break;
	}
	return NULL;
}

/* The maker of the board, and of the whole where that is another or the only one who says. */
static unsigned boards_match_maker(const struct board_line *line, const struct identity_facts *id)
{
	unsigned n = pattern_match(line->value[FIELD_MAKER], PATTERN_PREFIX, id->board_vendor);

	return n ? n : pattern_match(line->value[FIELD_MAKER], PATTERN_PREFIX, id->vendor);
}

static unsigned boards_match_names(const char *pattern, enum pattern_kind kind,
				   const struct identity_facts *id)
{
	const char *const names[] = { id->board, id->product, id->family, id->version };
	unsigned best = 0;

	/* A version is a name only in families: ThinkPads have theirs there. */
	for (unsigned i = 0; i < (kind == PATTERN_EXACT ? 2 : ARRAY_SIZE(names)); i++) {
		unsigned n = pattern_match(pattern, kind, names[i]);

		best = n > best ? n : best;
	}
	return best;
}

/*
 * How well LINE fits, 0 not at all.  In this order: one's own line, board before family before maker,
 * a line for this kind of processor, the longer pattern.
 */
static unsigned boards_score(const struct board_line *line, const struct host *h,
			     enum board_match *ret_match)
{
	const struct identity_facts *id = &h->identity;
	const char *cpu = line->value[FIELD_CPU];
	unsigned length = boards_match_maker(line, id);

	if (!length || (cpu && !str_eq(cpu, boards_cpu(h))))
		return 0;
	*ret_match = BOARD_MAKER;
	if (line->value[FIELD_FAMILY]) {
		length = boards_match_names(line->value[FIELD_FAMILY], PATTERN_GLOB, id);
		*ret_match = BOARD_FAMILY;
	}
	if (length && line->value[FIELD_BOARD]) {
		length = boards_match_names(line->value[FIELD_BOARD], PATTERN_EXACT, id);
		*ret_match = BOARD_EXACT;
	}
	if (!length)
		return 0;
	return (unsigned)line->own << 20 | (unsigned)*ret_match << 16 | (unsigned)(cpu != NULL) << 12 |
	       (length > 4095 ? 4095 : length);
}

/* "?": left to fill in, so the line does not speak about it.  "-": nothing less exact applies. */
static bool boards_has(const struct board_line *line, unsigned field)
{
	return line->value[field] && !str_eq(line->value[field], "?");
}

static void boards_take_setting(struct firmware_path *p, const struct board_line *line, unsigned field)
{
	const char *value = line->value[field];

	*p = (struct firmware_path){ 0 };
	p->source = line->value[FIELD_SOURCE];
	p->confirmed = !str_starts_with(p->source, "unconfirmed");
	p->always_on = str_eq(value, "always on");
	if (!p->always_on && !str_eq(value, "-"))
		p->path = value;
}

struct firmware_menu *boards_find(const struct boards *b, const struct host *h, struct arena *a)
{
	struct firmware_menu *menu = arena_alloc(a, sizeof(*menu));
	unsigned best[FIELD_COUNT] = { 0 }, best_line = 0;

	for (unsigned i = 0; i < b->lines.n; i++) {
		const struct board_line *line = b->lines.items[i];
		enum board_match match;
		unsigned score = boards_score(line, h, &match);
		bool says = false;

		/* Of equal ones the later line counts. */
		for (unsigned f = FIELD_KEY; score && f < FIELD_COUNT; f++) {
			if (f == FIELD_SOURCE || !boards_has(line, f))
				continue;
			says = true;
			if (score < best[f])
				continue;
			best[f] = score;
			if (f == FIELD_KEY)
				menu->key = str_eq(line->value[f], "-") ? NULL : line->value[f];
			else
				boards_take_setting(&menu->settings[f - FIELD_PATH], line, f);
		}
		if (says && score >= best_line) {
			best_line = score;
			menu->match = match;
			menu->where = line->where;
		}
	}
	return menu;
}

/* What is printed on a key in the reader's language; what is not known here stays as it is. */
static const char *boards_key_name(struct arena *a, const char *key)
{
	static const struct {
		const char *word, *name;
	} names[] = {
		{ "Del", N_("Del") },
		{ "Esc", N_("Esc") },
		{ "Enter F1", N_("Enter and then F1") },
		{ "Novo", N_("the small key beside the power socket") },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(key, names[i].word))
			return gettext(names[i].name);
	return arena_strdup(a, key);
}

const char *boards_key_text(const struct host *h)
{
	const char *key = h->firmware.menu && h->firmware.menu->key ? h->firmware.menu->key : "Del; F2";
	_cleanup_free_ char *copy = xstrdup(key);
	const char *names[3] = { NULL };
	unsigned n = 0;

	for (char *next = copy, *start; next && n < ARRAY_SIZE(names); n++) {
		start = next;
		next = strchr(start, ';');
		if (next)
			*next++ = '\0';
		names[n] = boards_key_name(h->arena, str_trim(start));
	}
	switch (n) {
	case 3:
		/* translators: keys of the keyboard, after "Press" */
		return arena_printf(h->arena, _("%s, %s or %s"), names[0], names[1], names[2]);
	case 2:
		return arena_printf(h->arena, _("%s or %s"), names[0], names[1]);
	default:
		return names[0];
	}
}

const char *boards_line_to_fill(const struct host *h, struct arena *a)
{
	const struct identity_facts *id = &h->identity;
	const char *maker = id->board_vendor ? id->board_vendor : id->vendor, *cpu = boards_cpu(h);
	const char *board = id->board ? id->board : id->product;
	_cleanup_str_ struct str s = { 0 }, version = { 0 };

	if (!maker || !board)
		return NULL;
	str_add(&s, "maker=");
	pattern_add_quoted(&s, maker);
	str_add(&s, " | board=");
	pattern_add_quoted(&s, board);
	if (cpu)
		str_addf(&s, " | cpu=%s", cpu);
	str_add(&s, " | key=?");
	for (unsigned i = FIELD_PATH; i < FIELD_COUNT; i++)
		str_addf(&s, " | %s=?", boards_fields[i]);
	str_add(&s, " | source=setup of firmware ");
	str_add_printable(&version, id->firmware_version ? id->firmware_version : "?");
	pattern_add_quoted(&s, str_c(&version));
	return arena_strndup(a, str_c(&s), s.len);
}
