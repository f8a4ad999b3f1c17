/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * place.c - finds our other files: where FAKEJAIL_LIBDIR says, beside this program, at the relative
 * path at which they are installed, or where they were meant to be installed. As fakejail.in, which
 * says why. Called by main.c. */
#include "front.h"
#include "sys/abi.h"

static bool has_lib(const char *directory)
{
	return front_is_file(front_text(directory, "/fakejail-lib", ""));
}

/* fj_look_from */
static bool look_from(const char *path)
{
	const char *beside = front_directory(path), *way;

	if (has_lib(beside)) {
		front.own = beside;
		return true;
	}
	way = front_text(beside, "/", front_places.bin_to_libexec);
	if (!has_lib(way) ||
		!front_is_same(
			front_text(front_text(way, "/", front_places.libexec_to_bin), "/", ""),
			front_text(beside, "/", "")))
		return false;
	front.own = way;
	front.is_moved = true;
	return true;
}

void front_find_home(void)
{
	const char *said = front_variable_or_empty("FAKEJAIL_LIBDIR"), *path = front.self;
	int links = 0;

	if (!front_has(path, '/'))
		path = front_text("./", path, "");
	while (!look_from(path)) {
		const char *target = front_link(path);

		if (!target || ++links > FJ_MAX_LINKS) {
			front.own = front_places.libexec;
			break;
		}
		path = *target == '/' ? target : front_text(front_directory(path), "/", target);
	}
	if (*said && has_lib(said)) {
		front.is_moved = false;
		front.home = said;
	} else {
		front.home = front.is_moved ? front_tidy(front.own) : front.own;
	}
}

const char *front_loader(const char **preload)
{
	const char *said = front_variable_or_empty("FAKEJAIL_LIBDIR"), *loader, *directory;

	*preload = front_text(front_places.lib, "/libfakejail.so", "");
	if (front.is_moved) {
		loader = front_text(front.home, "/fakejail-loader", "");
		*preload = front_text(
			front_tidy(front_text(front.home, "/", front_places.libexec_to_lib)),
			"/libfakejail.so", "");
	} else if (*said || front_may_run(front_text(front.home, "/fakejail-loader", ""))) {
		directory = front_absolute(*said ? said : front.home);
		loader = front_text(directory, "/fakejail-loader", "");
		if (*said)
			*preload = front_text(directory, "/libfakejail.so", "");
		if (front_is_there(front_text(directory, "/.libs/libfakejail.so", "")))
			*preload = front_text(directory, "/.libs/libfakejail.so", "");
		if (front_is_there(front_text(directory, "/libfakejail.so", "")))
			*preload = front_text(directory, "/libfakejail.so", "");
	} else {
		loader = front_text(front_places.libexec, "/fakejail-loader", "");
	}
	if (!front_may_run(loader))
		front_give_up();
	return loader;
}

const char *front_sibling(const char *name)
{
	const char *said = front_variable_or_empty("FAKEJAIL_LIBDIR"), *path;

	if (*said && front_is_file(path = front_text(said, "/", name)))
		return path;
	path = front_text(front.home, "/", name);
	return front_is_file(path) ? path : "";
}
