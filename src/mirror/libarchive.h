/* libarchive, loaded by the first who asks for it. It brings libraries of XML, Unicode and C++ with
 * it, which a server would wait for at each start, and each of its workers would hold in its
 * memory, though only what makes and reads bundles has a use for them. */
#ifndef MIRROR_LIBARCHIVE_H
#define MIRROR_LIBARCHIVE_H

#include <archive.h>
#include <archive_entry.h>

#include "base/err.h"

/* Of its functions those that are used here. */
#define LIBARCHIVE_FUNCTIONS(X) \
	X(archive_entry_copy_pathname) \
	X(archive_entry_filetype) \
	X(archive_entry_free) \
	X(archive_entry_new) \
	X(archive_entry_pathname) \
	X(archive_entry_set_filetype) \
	X(archive_entry_set_mtime) \
	X(archive_entry_set_perm) \
	X(archive_entry_set_size) \
	X(archive_entry_size) \
	X(archive_errno) \
	X(archive_error_string) \
	X(archive_filter_bytes) \
	X(archive_read_data) \
	X(archive_read_free) \
	X(archive_read_new) \
	X(archive_read_next_header) \
	X(archive_read_open_fd) \
	X(archive_read_support_filter_gzip) \
	X(archive_read_support_format_tar) \
	X(archive_write_add_filter_gzip) \
	X(archive_write_close) \
	X(archive_write_data) \
	X(archive_write_free) \
	X(archive_write_header) \
	X(archive_write_new) \
	X(archive_write_open_filename) \
	X(archive_write_set_format_gnutar) \
	X(archive_write_set_format_zip) \
	X(archive_write_set_options)

struct libarchive {
#define MEMBER(name) __typeof__(&name) name;
	LIBARCHIVE_FUNCTIONS(MEMBER)
#undef MEMBER
};

/* Borrowed, until the process ends; NULL with the reason where it is not installed, or lacks what
 * is used. In one thread. To be asked for before a process confines itself. */
const struct libarchive *libarchive(struct err *e);

#endif
