// What belongs to an image beside its file, as the settings of its collection say it
// ([collection.NAME.companions], [collection.NAME.relations]), or the administrator.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ingest/roots.h"
#include "site/config.h"
#include "store/recorder.h"

namespace soda::ingest {

// Throws Failure(usage) naming collection and key: a term that DataLink's vocabulary does not have,
// a pattern with other words in braces than {stem} and {name}, an absolute one, no keyword.
void check_relations(const site::Collection& settings);

// The files that the patterns name and that are there. `path` is the image's own, absolute and
// without symbolic links. What lies outside the data roots, by ".." or by a symbolic link, is
// passed over, and so is the image itself.
std::vector<store::Relation> companions_of(const std::string& path, const Roots& roots,
                                           const site::Collection& settings);

// What the keywords of any of the file's headers say: identifiers ("ivo://…"), or names of files.
// At most 1000 of one file.
std::vector<store::Relation> relations_of(const store::FileContents& contents,
                                          const site::Collection& settings);

// A target as an administrator writes it: an identifier, an http or https URL, or a file below a
// data root. Throws Failure(usage) saying what is wrong with it: no such file, outside the roots.
store::Relation relation_to(const site::Config& config, std::string_view target);
// The same of a file that need not be there any more, to take the relation back.
store::Relation former_relation_to(const site::Config& config, std::string_view target);

// A media type by the suffix of a file's name; empty for others.
std::string media_type_of(std::string_view name);

}  // namespace soda::ingest
