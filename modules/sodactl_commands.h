// What sodactl does, one function a command. Each returns the exit status; Failures pass through to
// main.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "site/config.h"
#include "store/notice.h"

namespace sodactl {

enum class Format { text, json };

int ingest(const soda::site::Config& config, const std::string& collection,
           const std::vector<std::string>& paths);
int check(const soda::site::Config& config);
// Empty collection: all.
int list(const soda::site::Config& config, const std::string& collection, Format format);
int show(const soda::site::Config& config, const std::string& id);

// Rows of a table, for those that name no collection the one given. Status 1 when the table breaks
// off; rows that were rejected are printed.
int import_rows(const soda::site::Config& config, const std::string& file,
                const std::string& collection);
// The table of a file as the archive's own table of that name, "schema.table".
int import_own_table(const soda::site::Config& config, const std::string& file,
                     const std::string& name);
// Status 1 when there is none of that name.
int retract_own_table(const soda::site::Config& config, const std::string& name);
std::vector<std::string> export_formats();  // the first is the usual one
// All data sets, to standard output when `file` is empty.
int export_rows(const soda::site::Config& config, const std::string& format,
                const std::string& file);
// Status 1 when one of them is not there; the others go all the same.
int retract_rows(const soda::site::Config& config, const std::vector<std::string>& ids);

// What belongs to a data set beside its file.
struct NewLink {
  std::string id, semantics, target;
  std::string description, type;  // may be empty
};
int link(const soda::site::Config& config, const NewLink& link);
// Status 1 when there is no such link.
int unlink(const soda::site::Config& config, const std::string& id, const std::string& semantics,
           const std::string& target);
int links(const soda::site::Config& config, const std::string& id);

// Takes the archive out of service, and back. Times are ISO 8601 in UTC; empty: now, and until
// online().
int offline(const soda::site::Config& config, const std::string& reason, const std::string& from,
            const std::string& until);
int online(const soda::site::Config& config);
// Prints a signed address: of the file, or of a part of it (PART of data), or of the cutout
// service. Empty `expires` (ISO 8601, UTC): after the setting signature_life.
int sign(const soda::site::Config& config, const std::string& id, const std::string& part,
         const std::string& scope_name, const std::string& expires);
// Prints a line for the key file.
int make_key(const std::string& name);

// Jobs; empty phases, no owner: all.
int list_jobs(const soda::site::Config& config, const std::vector<std::string>& phases,
              const std::optional<std::string>& owner);
int show_job(const soda::site::Config& config, const std::string& id);
// Status 1 when one of them is not there; the others go all the same.
int abort_jobs(const soda::site::Config& config, const std::vector<std::string>& ids);
// Destroys these, or all that ended before a time in UTC: exactly one of both is given.
int purge_jobs(const soda::site::Config& config, const std::vector<std::string>& ids,
               const std::string& before);

// A notice in one line, for people.
std::string told(const soda::store::Notice& notice);

}  // namespace sodactl
