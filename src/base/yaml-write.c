/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"
#include "base/json.h"

#include <string.h>
#include <yaml.h>

static int yaml_write_text(void *user, unsigned char *bytes, size_t len)
{
	str_addn(user, (const char *)bytes, len);
	return 1;
}

/* Hands EVENT to the emitter, which frees it in any case. */
static bool yaml_emit(yaml_emitter_t *e, yaml_event_t *event, int made)
{
	return made && yaml_emitter_emit(e, event);
}

static bool yaml_emit_scalar(yaml_emitter_t *e, const char *text, size_t len, bool quoted)
{
	yaml_event_t ev;

	return yaml_emit(e, &ev,
			 yaml_scalar_event_initialize(&ev, NULL, NULL, (const yaml_char_t *)text, (int)len, !quoted, quoted,
						      quoted ? YAML_DOUBLE_QUOTED_SCALAR_STYLE : YAML_PLAIN_SCALAR_STYLE));
}

static bool yaml_emit_value(yaml_emitter_t *e, const json_t *j);

static bool yaml_emit_array(yaml_emitter_t *e, const json_t *j)
{
	yaml_event_t ev;
	const json_t *item;
	size_t i;

	if (!yaml_emit(e, &ev, yaml_sequence_start_event_initialize(&ev, NULL, NULL, 1, YAML_BLOCK_SEQUENCE_STYLE)))
		return false;
	json_array_foreach(j, i, item)
		if (!yaml_emit_value(e, item))
			return false;
	return yaml_emit(e, &ev, yaml_sequence_end_event_initialize(&ev));
}

static bool yaml_emit_object(yaml_emitter_t *e, const json_t *j)
{
	yaml_event_t ev;
	const char *key;
	json_t *value;

	if (!yaml_emit(e, &ev, yaml_mapping_start_event_initialize(&ev, NULL, NULL, 1, YAML_BLOCK_MAPPING_STYLE)))
		return false;
	json_object_foreach((json_t *)(uintptr_t)j, key, value)
		/* our own words, like "ssh_authorized_keys" */
		if (!yaml_emit_scalar(e, key, strlen(key), false) || !yaml_emit_value(e, value))
			return false;
	return yaml_emit(e, &ev, yaml_mapping_end_event_initialize(&ev));
}

static bool yaml_emit_value(yaml_emitter_t *e, const json_t *j)
{
	char number[32];

	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return yaml_emit_object(e, j);
	case JSON_ARRAY:
		return yaml_emit_array(e, j);
	case JSON_STRING:
		return yaml_emit_scalar(e, json_string_value(j), json_string_length(j), true);
	case JSON_INTEGER:
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(j));
		return yaml_emit_scalar(e, number, strlen(number), false);
	case JSON_TRUE:
		return yaml_emit_scalar(e, "true", 4, false);
	case JSON_FALSE:
		return yaml_emit_scalar(e, "false", 5, false);
	case JSON_NULL:
		return yaml_emit_scalar(e, "null", 4, false);
	case JSON_REAL:
		break;
	}
	return false;
}

char *yaml_format(const json_t *j)
{
	struct str out = { 0 };
	yaml_emitter_t e;
	yaml_event_t ev;
	bool ok;

	if (!yaml_emitter_initialize(&e))
		oom_abort();
	yaml_emitter_set_output(&e, yaml_write_text, &out);
	yaml_emitter_set_unicode(&e, 1);
	yaml_emitter_set_width(&e, -1); /* a key is one line */
	ok = yaml_emit(&e, &ev, yaml_stream_start_event_initialize(&ev, YAML_UTF8_ENCODING)) &&
	     yaml_emit(&e, &ev, yaml_document_start_event_initialize(&ev, NULL, NULL, NULL, 1)) && yaml_emit_value(&e, j) &&
	     yaml_emit(&e, &ev, yaml_document_end_event_initialize(&ev, 1)) &&
	     yaml_emit(&e, &ev, yaml_stream_end_event_initialize(&ev));
	yaml_emitter_delete(&e);
	if (ok)
		return str_steal(&out);
	str_done(&out);
	return NULL;
}
