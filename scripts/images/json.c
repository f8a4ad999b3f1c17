/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * json.c - JSON from strangers: manifests, indexes, configurations. Their sizes are limited before
 * they are read, and jansson limits how deep they nest. Called by the other files of this tool. */
#include "images.h"

json_t *json_of_text(const char *text, size_t size, const char *what)
{
	json_error_t error;
	json_t *j = json_loadb(text, size, 0, &error);

	if (!j)
		fail("'%s': it is no JSON: line %d: %s", shown(what), error.line,
			shown(error.text));
	if (!json_is_object(j) && !json_is_array(j))
		fail("'%s': it is no JSON object", shown(what));
	return j;
}

json_t *json_of_file(const char *path, const char *what)
{
	size_t size;
	char *text = read_file(path, JSON_MAX, &size);
	json_t *j;

	if (!text && errno == EFBIG)
		fail("'%s': it is larger than any manifest (%u bytes)", shown(what), JSON_MAX);
	if (!text)
		fail("'%s': cannot read it: %s", shown(what), strerror(errno));
	j = json_of_text(text, size, what);
	free(text);
	return j;
}

const char *json_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

int64_t json_number(const json_t *object, const char *name)
{
	const json_t *j = json_object_get(object, name);

	return json_is_integer(j) && json_integer_value(j) >= 0 ? json_integer_value(j) : -1;
}
