// tf_check: runs statements on a libchdb of one's choice and prints what each came to.
//
//   tf_check LIBCHDB CONFIG_XML DATA_FOLDER [--sql-layer]
//
// Statements come on stdin, each ended by a NUL byte; one that is "@reopen" closes the engine and
// opens it again. Each gives one answer on stdout: a line "ok LENGTH" or "error CODE LENGTH", then
// LENGTH bytes: the rows as TSV, or the message. CODE is ClickHouse's, or INVALID where the SQL
// layer refused. With --sql-layer the statements go through it, as they do in ch.so.
//
// libchdb is loaded at run time, so that one binary proves the patches on every engine version.
#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/rewrite.h"

namespace {

struct chdb_result;
using Handle = void*;

// The calls that are needed, by the names and types of chdb-core programs/local/chdb.h.
struct Library {
  explicit Library(const char* path) : handle(dlopen(path, RTLD_NOW)) {
    if (handle == nullptr) {
      std::fprintf(stderr, "tf_check: %s\n", dlerror());
      std::exit(2);
    }
    Load(set_signal_handlers, "chdb_set_signal_handlers_enabled");
    Load(connect, "chdb_connect");
    Load(close, "chdb_close_conn");
    Load(query, "chdb_query_n");
    Load(buffer, "chdb_result_buffer");
    Load(length, "chdb_result_length");
    Load(error, "chdb_result_error");
    Load(written, "chdb_result_rows_written");
    Load(destroy, "chdb_destroy_query_result");
  }

  template <typename Function>
  void Load(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(handle, name));
    if (function == nullptr) {
      std::fprintf(stderr, "tf_check: libchdb has no %s\n", name);
      std::exit(2);
    }
  }

  void* handle;
  void (*set_signal_handlers)(int);
  Handle* (*connect)(int, char**);
  void (*close)(Handle*);
  chdb_result* (*query)(Handle, const char*, size_t, const char*, size_t);
  const char* (*buffer)(chdb_result*);
  size_t (*length)(chdb_result*);
  const char* (*error)(chdb_result*);
  uint64_t (*written)(chdb_result*);
  void (*destroy)(chdb_result*);
};

struct Answer {
  std::string code;  // empty where the statement was run
  std::string text;
  uint64_t rows_written = 0;
};

// "Code: 497. DB::Exception: …" begins every message of the engine.
std::string CodeOf(std::string_view message) {
  constexpr std::string_view kPrefix = "Code: ";
  if (message.substr(0, kPrefix.size()) != kPrefix) return "?";
  message.remove_prefix(kPrefix.size());
  return std::string(message.substr(0, message.find('.')));
}

class Engine final : public theflash::sql::Catalog {
 public:
  Engine(const Library& library, const std::string& config, const std::string& folder)
      : library_(library), arguments_{"tf_check", "--config-file=" + config, "--path=" + folder} {
    library_.set_signal_handlers(0);
    Open();
  }
  ~Engine() override { Close(); }

  void Open() {
    std::vector<char*> argv;
    for (std::string& argument : arguments_) argv.push_back(argument.data());
    connection_ = library_.connect(static_cast<int>(argv.size()), argv.data());
    if (connection_ == nullptr) std::exit(3);  // libchdb has printed why
  }
  void Close() {
    if (connection_ != nullptr) library_.close(connection_);
    connection_ = nullptr;
  }

  Answer Query(std::string_view sql) {
    chdb_result* result = library_.query(*connection_, sql.data(), sql.size(), "TSV", 3);
    Answer answer;
    if (const char* error = library_.error(result); error != nullptr && *error != '\0') {
      answer = {CodeOf(error), error};
    } else if (const size_t length = library_.length(result); length != 0) {
      answer.text.assign(library_.buffer(result), length);
    }
    answer.rows_written = library_.written(result);
    library_.destroy(result);
    return answer;
  }

  // ch.so makes the table aside, and shows it with its rows.
  Answer Create(const theflash::sql::Statement& statement) {
    if (statement.create.empty()) return {};
    return Query(std::string(statement.replaces ? "CREATE OR REPLACE" : "CREATE") + " TABLE `" +
                 statement.database + "`.`" + statement.table + "`" + statement.create);
  }

  // Runs one statement as ch.so does, with a counter of its own.
  Answer RunThroughSqlLayer(std::string_view text) {
    Answer answer;
    try {
      for (std::string_view part : theflash::sql::Split(text)) {
        for (const auto& statement : theflash::sql::Rewrite(part, *this, {})) {
          answer = Create(statement);
          if (answer.code.empty()) answer = Query(statement.Fill(version_));
          if (!answer.code.empty()) return answer;
          version_ += statement.versions;
          if (statement.version_per_row) version_ += answer.rows_written;
          if (statement.imports_versions) PassImported(statement.database, statement.table);
        }
      }
    } catch (const theflash::sql::SqlError& error) {
      return {"INVALID", error.what() + std::string(" ") + error.hint()};
    } catch (const Answer& refused) {
      return refused;
    }
    return answer;
  }

  std::optional<theflash::sql::TableInfo> Find(const std::string& database,
                                               const std::string& table) override {
    const std::string where =
        " WHERE database = " + Quote(database) + " AND table = " + Quote(table);
    const auto rows = Rows("SELECT engine, create_table_query FROM system.tables" + where);
    if (rows.empty()) return std::nullopt;
    std::vector<theflash::sql::Column> columns;
    for (const auto& row : Rows("SELECT name, type, default_kind FROM system.columns" + where +
                                " ORDER BY position")) {
      columns.push_back({row[0], row[1], row[2]});
    }
    return theflash::sql::DescribeTable(rows[0][0], rows[0][1], std::move(columns));
  }

  std::string Print(std::string_view statement) override {
    Answer answer = Query("SELECT formatQuerySingleLine(" + Quote(statement) + ") FORMAT RawBLOB");
    if (!answer.code.empty()) throw answer;
    return answer.text;
  }

  std::string FindInSnapshot(const std::string& snapshot, const std::string&,
                             const std::string&) override {
    throw theflash::sql::SqlError("There is no snapshot " + snapshot, "Only ch.so keeps them.");
  }

 private:
  void PassImported(const std::string& database, const std::string& table) {
    const Answer newest = Query("SELECT max(_INTERNAL_VERSION) FROM `" + database + "`.`" + table +
                                "` SETTINGS final = 0");
    version_ = std::max<uint64_t>(version_, std::strtoull(newest.text.c_str(), nullptr, 10) + 1);
  }

  static std::string Quote(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
      if (c == '\'' || c == '\\') quoted += '\\';
      quoted += c;
    }
    return quoted + "'";
  }

  // Rows of texts: fields end in byte 31, rows in byte 30, which no name or type holds.
  std::vector<std::vector<std::string>> Rows(const std::string& sql) {
    constexpr std::string_view kFormat = "CustomSeparated";
    const std::string settings =
        " SETTINGS format_custom_escaping_rule = 'Raw', format_custom_field_delimiter = '\x1f', "
        "format_custom_row_after_delimiter = '\x1f\x1e'";
    const std::string text = sql + settings;
    chdb_result* result =
        library_.query(*connection_, text.data(), text.size(), kFormat.data(), kFormat.size());
    std::string_view bytes(library_.buffer(result), library_.length(result));
    std::vector<std::vector<std::string>> rows;
    while (!bytes.empty()) {
      std::vector<std::string>& row = rows.emplace_back();
      while (!bytes.empty() && bytes.front() != '\x1e') {
        const size_t end = bytes.find('\x1f');
        row.emplace_back(bytes.substr(0, end));
        bytes.remove_prefix(end + 1);
      }
      bytes.remove_prefix(1);
    }
    library_.destroy(result);
    return rows;
  }

  const Library& library_;
  std::vector<std::string> arguments_;
  Handle* connection_ = nullptr;
  uint64_t version_ = 1;
};

void Print(const Answer& answer) {
  if (answer.code.empty()) {
    std::printf("ok %zu\n", answer.text.size());
  } else {
    std::printf("error %s %zu\n", answer.code.c_str(), answer.text.size());
  }
  std::fwrite(answer.text.data(), 1, answer.text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: tf_check LIBCHDB CONFIG_XML DATA_FOLDER [--sql-layer]\n");
    return 2;
  }
  const Library library(argv[1]);
  const bool sql_layer = argc > 4 && std::string_view(argv[4]) == "--sql-layer";
  Engine engine(library, argv[2], argv[3]);
  std::string statement;
  while (std::getline(std::cin, statement, '\0')) {
    if (statement == "@reopen") {
      engine.Close();
      engine.Open();
      Print({});
    } else {
      Print(sql_layer ? engine.RunThroughSqlLayer(statement) : engine.Query(statement));
    }
  }
  return 0;
}
