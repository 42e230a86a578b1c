// The locks that scans and batches agree on. Also run under ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "session/worker.h"
#include "store/gate.h"
#include "store/visibility.h"

namespace theflash {
namespace {

void InThreads(int count, const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  for (int index = 0; index < count; ++index) threads.emplace_back(work, index);
  for (std::thread& thread : threads) thread.join();
}

TEST(Gate, HoldsOneAtATime) {
  Gate gate;
  int inside = 0;  // not atomic: ThreadSanitizer sees a gate that lets two in
  InThreads(4, [&](int) {
    for (int turn = 0; turn < 500; ++turn) {
      gate.Enter();
      EXPECT_EQ(++inside, 1);
      --inside;
      gate.Leave();
    }
  });
}

TEST(Gate, MayBeLeftByAnotherThread) {
  Gate gate;
  gate.Enter();
  std::thread([&] { gate.Leave(); }).join();
  gate.Enter();
  gate.Leave();
}

TEST(Gate, TurnsEveryoneAwayOnceItIsShut) {
  Gate gate;
  gate.Enter();
  std::atomic<int> turned_away = 0;
  std::thread closer;
  InThreads(4, [&](int index) {
    if (index == 0) {
      gate.Shut();
      return;
    }
    try {
      gate.Enter();
    } catch (const Error& error) {
      EXPECT_EQ(error.status(), TF_CANCELLED);
      ++turned_away;
    }
  });
  EXPECT_EQ(turned_away, 3);
  gate.Leave();  // who is inside may still leave
  EXPECT_THROW(gate.Enter(), Error);
}

TEST(Gate, TurnsAwayWhoIsCancelledAndNobodyElse) {
  Gate gate;
  gate.Enter();
  std::atomic<bool> cancelled = false;
  std::atomic<int> turned_away = 0;
  std::atomic<int> let_in = 0;
  InThreads(4, [&](int index) {
    if (index == 0) {
      cancelled = true;
      gate.Wake();
      while (turned_away < 1) std::this_thread::yield();
      gate.Leave();
      return;
    }
    try {
      gate.Enter(index == 1 ? &cancelled : nullptr);
      ++let_in;
      gate.Leave();
    } catch (const Error& error) {
      EXPECT_EQ(error.status(), TF_CANCELLED);
      ++turned_away;
    }
  });
  EXPECT_EQ(turned_away, 1);
  EXPECT_EQ(let_in, 2);
  EXPECT_THROW(gate.Enter(&cancelled), Error);
  gate.Enter();  // it is free
}

TEST(Visibility, GivesUpForWhoIsCancelled) {
  Visibility visibility;
  visibility.lock();
  std::atomic<bool> cancelled = false;
  std::thread reader([&] { EXPECT_FALSE(visibility.LockSharedUnless(cancelled)); });
  cancelled = true;
  visibility.Wake();
  reader.join();
  visibility.unlock();
  visibility.lock();  // nobody was counted in
  visibility.unlock();
  cancelled = false;
  EXPECT_TRUE(visibility.LockSharedUnless(cancelled));
  visibility.unlock_shared();
}

TEST(Visibility, HasAReaderLetGoOfAWriterThatWaits) {
  Visibility visibility;
  const std::atomic<bool> cancelled = false;
  std::atomic<bool> let_go = false;
  int calls = 0;
  Visibility::Reader reader([&] {
    ++calls;
    let_go = true;
  });
  ASSERT_TRUE(visibility.LockSharedUnless(cancelled, &reader));
  std::thread writer([&] {
    visibility.lock();
    visibility.unlock();
  });
  while (!let_go) std::this_thread::yield();
  EXPECT_TRUE(reader.interrupted());
  visibility.unlock_shared(&reader);
  writer.join();
  EXPECT_EQ(calls, 1);
  // One that is gone is left alone, and so is one that nobody waits for.
  Visibility::Reader other([] { ADD_FAILURE(); });
  ASSERT_TRUE(visibility.LockSharedUnless(cancelled, &other));
  std::this_thread::sleep_for(2 * Visibility::kPatience);
  visibility.unlock_shared(&other);
  visibility.lock();
  visibility.unlock();
  EXPECT_FALSE(other.interrupted());
}

TEST(Visibility, LetsManyReadersOrOneWriterIn) {
  Visibility visibility;
  int value = 0;
  std::atomic<int> readers = 0;
  InThreads(6, [&](int index) {
    for (int turn = 0; turn < 300; ++turn) {
      if (index < 2) {
        visibility.lock();
        EXPECT_EQ(readers, 0);
        ++value;
        visibility.unlock();
      } else {
        visibility.lock_shared();
        ++readers;
        EXPECT_GE(value, 0);
        --readers;
        visibility.unlock_shared();
      }
    }
  });
  EXPECT_EQ(value, 600);
}

// std::shared_mutex of libstdc++ would let a steady flow of readers keep the writer out for ever.
TEST(Visibility, AWaitingWriterGoesBeforeNewReaders) {
  Visibility visibility;
  std::atomic<bool> done = false;
  std::vector<std::thread> readers;
  for (int index = 0; index < 3; ++index) {
    readers.emplace_back([&] {
      while (!done) {
        visibility.lock_shared();
        visibility.unlock_shared();
      }
    });
  }
  for (int turn = 0; turn < 100; ++turn) {
    visibility.lock();
    visibility.unlock();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

TEST(Worker, RunsTasksOfManyThreadsOnItsOwn) {
  Worker worker;
  std::thread::id own;
  worker.Run([&] { own = std::this_thread::get_id(); });
  EXPECT_NE(own, std::this_thread::get_id());
  int count = 0;  // only the worker's thread touches it
  InThreads(4, [&](int) {
    for (int turn = 0; turn < 200; ++turn) {
      worker.Run([&] {
        EXPECT_EQ(std::this_thread::get_id(), own);
        ++count;
      });
    }
  });
  EXPECT_EQ(count, 800);
}

TEST(Worker, ThrowsInTheCallerWhatATaskThrows) {
  Worker worker;
  EXPECT_THROW(worker.Run([] { throw std::runtime_error("x"); }), std::runtime_error);
  bool ran = false;
  worker.Run([&] { ran = true; });
  EXPECT_TRUE(ran);
}

}  // namespace
}  // namespace theflash
