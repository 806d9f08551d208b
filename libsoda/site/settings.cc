#include <string>
#include <vector>

#include "site/config.h"

namespace soda::site {
namespace {

constexpr std::int64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib;
constexpr double tib = 1024.0 * 1024 * 1024 * 1024;

Setting text_row(std::string_view name, std::string_view fallback, Kind kind, std::string_view text,
                 std::string_view choices = {}) {
  return {name, std::string(fallback), "", 0, 0, kind, choices, text};
}

Setting number_row(std::string_view name, std::int64_t fallback, std::string_view unit,
                   double minimum, double maximum, std::string_view text) {
  return {name, fallback, unit, minimum, maximum, Kind::free, "", text};
}

std::vector<Setting> make_settings() {
  return {
      text_row("base_url", "http://127.0.0.1:8080/vo", Kind::url,
               "The public address of the services, as clients see it; its path is where they are "
               "mounted."),
      text_row("authority", "example.org", Kind::authority,
               "The authority part of the identifiers ivo://AUTHORITY/COLLECTION?PATH."),
      text_row("title", "Image archive", Kind::free, "The name of the archive, for people."),
      text_row("publisher", "", Kind::free, "Who publishes the archive."),
      text_row("contact", "", Kind::free, "Where to write about the archive."),
      text_row("database", SODA_LOCALSTATEDIR "/lib/soda/archive.sqlite", Kind::folder,
               "The SQLite file that ingest writes and the services read."),
      text_row("cache_folder", "", Kind::folder,
               "Where gzipped files are unpacked to be cut; empty: they are refused."),
      number_row("cache_limit", 10 * gib, "bytes", 0, 1024 * tib,
                 "How much the cache folder may hold; the files used longest ago go first."),
      number_row("preview_cache_limit", 2 * gib, "bytes", 0, 1024 * tib,
                 "How much the pictures kept in the cache folder may take; those used longest ago "
                 "go first."),
      number_row("max_answer", 16 * gib, "bytes", 2880, 1024 * tib,
                 "The largest synchronous answer; a larger one is refused with its size."),
      number_row("max_packed", 20, "", 1, 100,
                 "The most cuts of one synchronous answer (RESPONSEFORMAT=application/x-tar or "
                 "multi-fits)."),
      number_row("max_items", 50000, "", 1, 1e7, "The most cuts of one job."),
      number_row("max_separate", 10000, "", 1, 1e7,
                 "The most results of a job that are files of their own; more want a package."),
      number_row("max_body", mib, "bytes", 1024, 1.0 * gib,
                 "The largest request body that is read."),
      number_row("max_upload", 64 * mib, "bytes", 1024, 1.0 * gib,
                 "The largest request body with files in it, where a service takes files."),
      text_row("upload_addresses", "public", Kind::choice,
               "Whether a table may be named by an address (http, https): of the public Internet, "
               "of any machine, or not at all.",
               "none|public|any"),
      number_row("upload_time", 60, "s", 1, 3600, "How long fetching such a table may take."),
      number_row("max_vertices", 10000, "", 3, 1e6, "The most vertices of a polygon."),
      number_row("max_picture", 2048, "pixels", 1, 16384,
                 "The longest side of a picture that SIZE may ask for."),
      number_row("max_fields", 20000, "", 10, 1e6, "The most parameters of one request."),
      number_row("buffer_budget", 16 * mib, "bytes", 64 * kib, 4.0 * gib,
                 "How much of one answer is held in memory at a time."),
      number_row("small_table_limit", mib, "bytes", 0, 1.0 * gib,
                 "Tables up to this size are kept beside the cut images."),
      text_row("small_tables", "BEAMS", Kind::free,
               "Names (EXTNAME) of tables that are kept whatever their size, separated by blanks."),
      text_row("file_access", "map", Kind::choice,
               "How pixels are read: mapped into memory, or by read calls (network file systems).",
               "map|read"),
      text_row("access", "links", Kind::choice,
               "What access_url of a found image leads to: all its links, or the file itself; "
               "ingest writes it.",
               "links|file"),
      text_row("auth", "none", Kind::choice,
               "Whom to believe about users: nobody, or the web server's REMOTE_USER.",
               "none|server"),
      text_row("key_file", "", Kind::folder,
               "The keys of signed addresses, one a line: a name and a secret; empty: none are "
               "made or taken."),
      number_row("signature_life", 3600, "s", 1, 10 * 366 * 86400.0,
                 "How long the signed addresses that the services hand out are good."),
      text_row("log_file", "", Kind::folder,
               "Where log lines go; empty: standard error. Reopened on SIGHUP."),
      number_row("retry_after", 30, "s", 1, 86400,
                 "What Retry-After says when the service is unavailable for the moment."),
      number_row("job_lifetime", 7 * 86400, "s", 60, 1e9,
                 "How long a job and its results are kept when its client does not say."),
      number_row("job_lifetime_limit", 30 * 86400, "s", 60, 1e9,
                 "How long after its creation a job may live at most."),
      number_row("execution_limit", 4 * 3600, "s", 1, 1e9,
                 "How long a job may execute when its client does not say."),
      number_row("execution_limit_cap", 86400, "s", 1, 1e9, "How long a job may execute at most."),
      number_row("wait_limit", 50, "s", 0, 3600,
                 "How long the answer of a job that a client waits for is held at most."),
      number_row("waiting_requests", 1000, "", 0, 1e5,
                 "How many such answers each process holds at a time."),
      number_row("holdings_memory", 24 * mib, "bytes", mib, 1024.0 * gib,
                 "How much of the archive's description each process keeps in memory."),
      number_row("mapped_files", 64, "", 0, 512, "How many files each process keeps mapped."),
      number_row("maxrec_default", 10000, "rows", 0, 1e12,
                 "How many rows a search answers when it does not say MAXREC."),
      number_row("maxrec_limit", 1000000, "rows", 1, 1e12,
                 "The most rows that a search answers; a larger MAXREC is cut down to it."),
      number_row("tap_rows", 20000, "rows", 1, 1e12,
                 "How many rows a query answers when it does not say MAXREC."),
      number_row("tap_rows_limit", 10000000, "rows", 1000, 1e12,
                 "The most rows that a query answers; a larger MAXREC is cut down to it."),
      number_row("tap_time_limit", 50, "s", 1, 86400,
                 "How long a synchronous query may take; a longer one is for async."),
      number_row("tap_execution_limit", 3600, "s", 1, 1e9,
                 "How long a job of a query may execute at most."),
      number_row("tap_memory", 64 * mib, "bytes", 4 * mib, 1024.0 * gib,
                 "How much memory a query may take."),
      number_row("tap_scratch", gib, "bytes", 0, 1024 * tib,
                 "How much a query may write to temporary files, to sort or to keep uploads."),
      number_row("tap_upload_rows", 1000000, "rows", 1, 1e9,
                 "The most rows of a table that comes with a query."),
      number_row("tap_queries_per_user", 2, "", 1, 1000,
                 "How many synchronous queries of one user, or one address, run at a time; more "
                 "are answered with 503."),
      number_row("tap_children", 2, "", 1, 256,
                 "How many processes soda-worker works with on queries, beside those on cutouts."),
      number_row("max_ids_per_links", 1000, "", 1, 10000,
                 "How many data sets one request for links may name; more are marked as overflow."),
      text_row("jobs_database", SODA_LOCALSTATEDIR "/lib/soda/jobs/jobs.sqlite", Kind::folder,
               "The SQLite file of asynchronous jobs, which soda-async and soda-worker write."),
      text_row("results_folder", SODA_LOCALSTATEDIR "/lib/soda/jobs/results", Kind::folder,
               "Where soda-worker writes the results of jobs."),
      number_row("results_limit", 100 * gib, "bytes", 0, 1024 * tib,
                 "How much all results together may take; 0: as much as there is."),
      number_row("worker_children", 2, "", 1, 256, "How many processes soda-worker works with."),
      number_row("worker_memory", gib, "bytes", 0, 1024.0 * gib,
                 "How much memory each of them may allocate; 0: as much as there is."),
      number_row("small_job", 8, "", 1, 1e6,
                 "Jobs of up to so many results pass larger ones in the queue."),
      text_row("metrics", "", Kind::free,
               "Where soda-worker answers /metrics: unix:PATH, or a port of this machine."),
      number_row("examples", 3, "", 0, 100, "How many examples the examples page shows."),
  };
}

}  // namespace

std::span<const Setting> settings() {
  static const std::vector<Setting> rows = make_settings();
  return rows;
}

}  // namespace soda::site
