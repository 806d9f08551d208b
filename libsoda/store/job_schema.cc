#include "store/job_schema.h"

#include <string>

namespace soda::store {
namespace {

// Times are milliseconds since 1970 (UTC); phase, state and kind are the enumerators' numbers.
//
// job.share says with whom it shares the worker's time: the owner, or an anonymous client's
// address. job.boot and job.booted are when execution began by a clock that nobody can set
// (queue.h). item 0 is the package. crashes counts the children that died with the item (or task)
// in hand. A row of task is work to be done: to plan a job, some of its items, to close it. lease
// is drawn from counter when a child takes the task, so that a child that was believed dead cannot
// finish what another has in hand. share.served says who was served longest ago; trash holds jobs
// whose files are to be removed.
std::string sql() {
  return R"sql(
CREATE TABLE job (
  number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, service TEXT NOT NULL,
  owner TEXT NOT NULL, client TEXT NOT NULL, share TEXT NOT NULL, run_id TEXT NOT NULL,
  phase INTEGER NOT NULL, created INTEGER NOT NULL, queued INTEGER, started INTEGER, ended INTEGER,
  destruction INTEGER, execution_limit INTEGER NOT NULL, boot TEXT, booted INTEGER,
  error TEXT NOT NULL DEFAULT '', transient INTEGER NOT NULL DEFAULT 0,
  planned INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
  empty INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
  bytes INTEGER NOT NULL DEFAULT 0, package TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 1);
CREATE INDEX job_active ON job (number) WHERE phase IN (1, 2);
CREATE INDEX job_owner ON job (owner, number);
CREATE INDEX job_destruction ON job (destruction) WHERE destruction IS NOT NULL;

CREATE TABLE parameter (
  job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE, position INTEGER NOT NULL,
  name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (job, position)) WITHOUT ROWID;

CREATE TABLE item (
  job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE, number INTEGER NOT NULL,
  task INTEGER NOT NULL, name TEXT NOT NULL, label TEXT NOT NULL, work TEXT NOT NULL,
  grouping TEXT NOT NULL, state INTEGER NOT NULL DEFAULT 0, media_type TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '', file TEXT NOT NULL DEFAULT '',
  start INTEGER NOT NULL DEFAULT 0, size INTEGER NOT NULL DEFAULT 0,
  milliseconds REAL NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (job, number)) WITHOUT ROWID;
CREATE UNIQUE INDEX item_name ON item (job, name);
CREATE INDEX item_task ON item (task, number) WHERE state = 0;

CREATE TABLE holder (
  id INTEGER PRIMARY KEY AUTOINCREMENT, host TEXT NOT NULL, pid INTEGER NOT NULL,
  started INTEGER NOT NULL, beat INTEGER NOT NULL DEFAULT 0);

CREATE TABLE task (
  id INTEGER PRIMARY KEY AUTOINCREMENT, job INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
  kind INTEGER NOT NULL, lease INTEGER UNIQUE, holder INTEGER REFERENCES holder, child INTEGER,
  crashes INTEGER NOT NULL DEFAULT 0);
CREATE INDEX task_open ON task (job, id) WHERE lease IS NULL;
CREATE INDEX task_job ON task (job);
CREATE INDEX task_holder ON task (holder) WHERE holder IS NOT NULL;

CREATE TABLE share (name TEXT PRIMARY KEY, served INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE trash (id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counter VALUES ('lease', 0);
)sql";
}

}  // namespace

const Schema& jobs_schema() {
  static constexpr Schema schema{"The data base of jobs", "take it away to start with an empty one",
                                 0x534F444A,  // "SODJ"
                                 2, sql};
  return schema;
}

}  // namespace soda::store
