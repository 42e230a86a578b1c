// How a query is planned so that no batch waits long for it.
#ifndef THEFLASH_QUERY_PLAN_READ_H_
#define THEFLASH_QUERY_PLAN_READ_H_

#include <atomic>
#include <functional>
#include <string>

#include "engine.h"

namespace theflash {

// What PlanRead asks of who runs the query.
struct Planning {
  // Plans the SQL that it is given on the connection, which pins what the query will read.
  std::function<void(const std::string& sql)> plan;
  // Throws what the query has failed with by now, where `plan` does not.
  std::function<void()> check;
  // Undoes what `plan` did, all or a part of it, and what was set on the connection.
  std::function<void()> abandon;
};

// Plans `sql`, a query, on `connection`: under the shared visibility lock, as planning pins the
// tables one after the other, and runs scalar subqueries between them. Where that takes so long
// that a batch waits for it (Visibility::kPatience), it is abandoned, and the query planned again
// without the lock, over clones of its tables; where those can't be had, under the lock to its end.
// Names without a database are of `database`. Errors: those of `plan`; TF_CANCELLED.
void PlanRead(Engine& engine, Connection& connection, const std::string& sql,
              const std::string& database, const std::atomic<bool>& cancelled,
              const Planning& planning);

}  // namespace theflash

#endif  // THEFLASH_QUERY_PLAN_READ_H_
