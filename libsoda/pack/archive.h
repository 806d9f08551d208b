// libarchive's handles, and a member of an archive as it sees it. Of use inside this room only.
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <string>
#include <system_error>

#include "base/handle.h"

namespace soda::pack {

using Writer = Handle<archive, archive_write_free>;
using Entry = Handle<archive_entry, archive_entry_free>;

// What a function that takes an archive's bytes answers when the archive is not to be completed: a
// writer completes it when it is freed. archive_write_fail() would prevent that, too, but the
// writer then forgets its buffers (libarchive 3.6.2).
constexpr la_ssize_t given_up = -1;

// A regular file that everybody may read.
inline Entry make_entry(const std::string& name, std::int64_t size, std::time_t modified) {
  Entry entry(archive_entry_new());
  if (!entry) throw std::system_error(ENOMEM, std::generic_category(), "archive");
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), size);
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), modified, 0);
  return entry;
}

// What libarchive could not do: the disk's errno where there is one.
inline void check(archive* writer, int status) {
  if (status >= ARCHIVE_WARN) return;
  const int error = archive_errno(writer);
  throw std::system_error(error > 0 ? error : EIO, std::generic_category(), "archive");
}

}  // namespace soda::pack
