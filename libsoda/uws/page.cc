#include "uws/page.h"

#include <fmt/format.h>

#include "uws/phase.h"

namespace soda::uws {
namespace {

using store::Phase;

void start_page(xml::Writer& page, std::string_view heading) {
  page.start("html").attribute("xmlns", "http://www.w3.org/1999/xhtml").attribute("lang", "en");
  page.start("head").element("title", heading).end();
  page.start("body").element("h1", heading);
}

void write_link(xml::Writer& page, std::string_view address, std::string_view text) {
  page.start("a").attribute("href", address).text(text).end();
}

void write_row(xml::Writer& page, std::string_view name, std::string_view value) {
  page.start("tr").element("th", name).element("td", value).end();
}

void write_button(xml::Writer& page, std::string_view address, std::string_view name,
                  std::string_view value) {
  page.start("form").attribute("method", "post").attribute("action", address).start("p");
  page.start("input").attribute("type", "hidden").attribute("name", name);
  page.attribute("value", value).end();
  page.start("input").attribute("type", "submit").attribute("value", value).end();
  page.end().end();
}

void write_times(xml::Writer& page, const store::Job& job) {
  write_row(page, "Created", utc_text(job.created));
  if (job.started) write_row(page, "Started", utc_text(*job.started));
  if (job.ended) write_row(page, "Ended", utc_text(*job.ended));
  if (job.destruction) write_row(page, "Kept until", utc_text(*job.destruction));
}

void write_progress(xml::Writer& page, const store::Job& job) {
  if (job.planned == 0) return;
  write_row(page, "Results",
            fmt::format("{} of {} done, {} without content, {} failed, {} bytes", job.done,
                        job.planned, job.empty, job.failed, job.bytes));
}

void write_parameters(xml::Writer& page, const ShownJob& shown) {
  page.element("h2", "Parameters").start("table");
  for (const ShownParameter& parameter : shown.parameters) {
    if (parameter.way == ShownParameter::Way::value) {
      write_row(page, parameter.name, parameter.value);
      continue;
    }
    page.start("tr").element("th", parameter.name).start("td");
    write_link(page, parameter.value, "file");
    page.end().end();
  }
  page.end();
}

void write_results(xml::Writer& page, const ShownJob& shown, const Emit& emit) {
  if (shown.job.planned == 0) return;
  page.element("h2", "Results").start("ul");
  write_each(shown.results, page, emit, [&](const ShownResult& result) {
    page.start("li");
    write_link(page, result.address, result.name);
    page.end();
  });
  page.end();
}

void write_buttons(xml::Writer& page, const ShownJob& shown) {
  const Phase phase = shown.job.phase;
  if (phase == Phase::pending || phase == Phase::held) {
    write_button(page, shown.address + "/phase", "PHASE", "RUN");
  }
  if (!store::is_over(phase)) write_button(page, shown.address + "/phase", "PHASE", "ABORT");
  write_button(page, shown.address, "ACTION", "DELETE");
}

}  // namespace

void write_page(const ShownJob& shown, const Emit& emit) {
  const store::Job& job = shown.job;
  xml::Writer page;
  start_page(page, fmt::format("Job {}: {}", job.id, store::phase_word(job.phase)));
  page.start("table");
  if (!job.run_id.empty()) write_row(page, "Label", job.run_id);
  if (!job.owner.empty()) write_row(page, "Owner", job.owner);
  write_times(page, job);
  write_progress(page, job);
  if (!job.error.empty()) write_row(page, "Error", job.error);
  page.end();
  write_parameters(page, shown);
  write_results(page, shown, emit);
  write_buttons(page, shown);
  emit(page.take());
}

std::string jobs_page(std::string_view list, std::span<const store::Job> jobs) {
  xml::Writer page;
  start_page(page, "Jobs");
  if (jobs.empty()) {
    page.element("p", "There are none to show. Jobs of unknown users are not listed.");
    return page.take();
  }
  page.start("table");
  for (const store::Job& job : jobs) {
    page.start("tr").start("td");
    write_link(page, fmt::format("{}/{}", list, job.id), job.id);
    page.end().element("td", store::phase_word(job.phase));
    page.element("td", utc_text(job.created)).element("td", job.run_id).end();
  }
  return page.take();
}

}  // namespace soda::uws
