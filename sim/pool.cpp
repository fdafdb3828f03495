#include "sim/pool.hpp"

#include <poll.h>

#include <algorithm>
#include <memory>

namespace forerun::sim {

namespace {

struct Worker {
  Job job;
  std::size_t answered = 0;
  std::unique_ptr<Child> child;
};

Worker hire(Job job, const PoolWork& work) {
  Worker worker;
  worker.job = std::move(job);
  worker.child = std::make_unique<Child>([&serve = work.serve, &tasks = worker.job](const Answer& answer) { serve(tasks, answer); });
  return worker;
}

void receive_answers(Worker& worker, const PoolWork& work) {
  std::string answer;
  while (worker.answered < worker.job.size() && worker.child->next(answer)) work.receive(worker.job[worker.answered++], answer);
}

// What the child left: the task it died of fails, the rest is a job again.
Job dismiss(Worker& worker, const PoolWork& work) {
  std::string failure = worker.child->wait();
  if (failure.empty() && worker.answered == 0) failure = "the simulating process ended without an answer";
  if (worker.answered == worker.job.size()) return {};
  if (!failure.empty()) work.fail(worker.job[worker.answered++], failure);
  return {worker.job.begin() + static_cast<std::ptrdiff_t>(worker.answered), worker.job.end()};
}

}  // namespace

void run_pool(std::vector<Job> jobs, int workers, const PoolWork& work) {
  std::reverse(jobs.begin(), jobs.end());
  std::vector<Worker> crew;
  std::vector<pollfd> ends;
  while (!jobs.empty() || !crew.empty()) {
    while (!jobs.empty() && static_cast<int>(crew.size()) < std::max(1, workers)) {
      crew.push_back(hire(std::move(jobs.back()), work));
      jobs.pop_back();
    }
    ends.clear();
    for (const Worker& worker : crew) ends.push_back({worker.child->descriptor(), POLLIN, 0});
    ::poll(ends.data(), ends.size(), -1);
    for (std::size_t i = crew.size(); i-- > 0;) {
      if (ends[i].revents == 0) continue;
      if (crew[i].child->receive()) {
        receive_answers(crew[i], work);
        continue;
      }
      if (Job left = dismiss(crew[i], work); !left.empty()) jobs.push_back(std::move(left));
      crew.erase(crew.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
}

}  // namespace forerun::sim
