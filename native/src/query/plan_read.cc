#include "query/plan_read.h"

#include <algorithm>
#include <iterator>
#include <memory>

#include "base/status.h"
#include "query/cloned_read.h"

namespace theflash {
namespace {

// Codes of ClickHouse (src/Common/ErrorCodes.cpp) for what comes of running a query, whatever its
// tables are called: limits of time, rows and memory, cancellation, throwIf.
constexpr int kOfTheQuery[] = {158, 159, 160, 241, 307, 394, 395, 396};

bool IsOfTheQuery(const Error& error) {
  return std::find(std::begin(kOfTheQuery), std::end(kOfTheQuery), error.engine_code()) !=
         std::end(kOfTheQuery);
}

// False where it had to let a batch go first: then nothing is planned.
bool PlanUnlessInterrupted(Engine& engine, Connection& connection, const std::string& sql,
                           const std::atomic<bool>& cancelled, const Planning& planning) {
  Visibility::Reader reader([&] { engine.canceller().Start(connection.tag()); });
  const auto plan = [&] { planning.plan(sql); };
  try {
    engine.WithVisibility(plan, &cancelled, &reader);
  } catch (const Error&) {
    if (!reader.interrupted()) throw;
  }
  // It may have been planned in the same moment: the next piece of it may be cancelled all the
  // same.
  if (!reader.interrupted()) return true;
  engine.canceller().Stop(connection.tag());
  if (cancelled || engine.closing()) throw Error(TF_CANCELLED, "the query was cancelled");
  planning.abandon();
  return false;
}

}  // namespace

void PlanRead(Engine& engine, Connection& connection, const std::string& sql,
              const std::string& database, const std::atomic<bool>& cancelled,
              const Planning& planning) {
  if (PlanUnlessInterrupted(engine, connection, sql, cancelled, planning)) return;
  const std::unique_ptr<ClonedRead> read =
      ClonedRead::Make(engine, connection, sql, database, &cancelled);
  if (!read) {
    engine.WithVisibility([&] { planning.plan(sql); }, &cancelled);
    return;
  }
  try {
    planning.plan(read->sql());
    planning.check();
  } catch (const Error& error) {
    if (cancelled || engine.closing() || IsOfTheQuery(error)) throw;
    // It may be one of the clones.
    planning.abandon();
    engine.WithVisibility([&] { planning.plan(sql); }, &cancelled);
  }
}

}  // namespace theflash
