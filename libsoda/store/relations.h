// What belongs to a data set beside its own file: weight maps, logs, inputs, papers. Ingest finds
// some, the administrator adds others; DataLink shows them (rows of links, PART=relation of data).
//
// A relation is said of an identifier: of a data set, or of a whole file, and then it holds for all
// data sets of the file. It stays when they go and come again.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace soda::store {

struct Relation {
  enum class Kind {
    dataset,  // an identifier of the archive
    url,      // http or https, elsewhere
    file,     // below a data root
    name,     // of a file of the archive, as a header gives it: with or without folder and suffix;
              // which data set that is is looked up when it is asked for, because it may come later
  };
  // Each replaces what it wrote itself and leaves alone what others wrote.
  enum class Author { companions, headers, administrator };

  std::int64_t id = 0;    // never used again for another
  std::string semantics;  // "#weight", or a URI
  Kind kind = Kind::url;
  std::string target;  // identifier, URL, path below the root ('/' separated, no ".."), or name
  std::string root;    // of a file: the name of its data root
  std::string content_type, description;       // may be empty
  std::optional<std::int64_t> content_length;  // bytes, when it was recorded
  Author author = Author::administrator;

  // Whether both lead to the same as the same, whatever else is said.
  bool same_target(const Relation& other) const;
  // Whether they differ in nothing but their number.
  bool same_as(const Relation& other) const;
};

// The term as DataLink wants it: "#weight" for "#weight", "weight" and
// "http://www.ivoa.net/rdf/datalink/core#weight"; other http and https URIs as they are. Throws
// Failure(usage) listing the terms of the vocabulary.
std::string semantics_of(std::string_view term);

// All that is said of an identifier (compared ignoring ASCII case), in order of number. One indexed
// lookup.
std::vector<Relation> relations_of(Database& database, std::string_view did);

// The same as far as it leads somewhere today: names as the data set that they mean, without those
// that mean none or several; targets of the archive that are still there, each once. `folder` is
// that of the file, whose neighbours are preferred. What leads back to `did` itself is left out.
std::vector<Relation> living_relations(Database& database, std::string_view did,
                                       std::string_view folder);

// ---- for writers, within a transaction. Readers see the change at once.

// Adds it, or rewrites what is there: what an administrator wrote stays his.
void record_relation(Database& database, std::string_view did, const Relation& relation);
// By its semantics and target; false when there was none.
bool remove_relation(Database& database, std::string_view did, const Relation& relation);
// All that one author says of an identifier. False when nothing had to be changed.
bool replace_relations(Database& database, std::string_view did, Relation::Author author,
                       std::span<const Relation> relations);

// A file's name without folder and without what FITS files end in (".fits", ".fit", ".fts", then
// ".gz" or ".fz"); a section in brackets behind it, as IRAF writes it, is dropped too.
std::string stem_of(std::string_view name);

}  // namespace soda::store
