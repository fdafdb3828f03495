#include "platforms/offers.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "io/csv.hpp"
#include "io/format.hpp"
#include "io/quantity.hpp"
#include "io/suggest.hpp"
#include "platforms/data.hpp"

namespace forerun {
namespace {

constexpr std::string_view kAccelerators = "data/catalogue/accelerators.csv";
constexpr std::array<std::string_view, 3> kRequired = {"InstanceType", "Region", "Price"};
constexpr std::string_view kEthernetLatency = "50 us";  // over TCP, as for the machines of platforms/data/catalogue
constexpr double kLeast = 1e-6;
constexpr double kMost = 1e9;

std::string_view instance_of(std::string_view name) { return name.substr(name.find(':') + 1); }

/// The rows of a machine, and where they stand. BadInput where there is none.
struct Offers {
  CsvTable table;
  std::vector<std::size_t> rows;
};

Offers read_offers(const Text& catalogue, std::string_view name) {
  Offers offers{read_csv(catalogue.value, kRequired), {}};
  std::vector<std::string_view> known;
  for (std::size_t row = 0; row < offers.table.rows.size(); ++row) {
    const std::string& instance = offers.table.at(row, "InstanceType").value;
    if (instance == instance_of(name)) offers.rows.push_back(row);
    if (known.empty() || known.back() != instance) known.emplace_back(instance);
  }
  if (offers.rows.empty())
    throw BadInput(problem(catalogue, format("has no InstanceType {}", instance_of(name)), "", suggest(instance_of(name), known)));
  return offers;
}

/// The cell of a column that need not be there; nothing where it is missing or empty.
const Text* cell(const Offers& offers, std::size_t row, std::string_view column) {
  const Text* text = offers.table.find(row, column);
  return text == nullptr || text->value.empty() ? nullptr : text;
}

double amount(const Text& text) { return parse_number(text, kLeast, kMost); }

/// A whole count; SkyPilot writes 8.0.
int count(const Text& text) {
  const double number = parse_number(text, 1, 1 << 12);
  if (number != static_cast<int>(number)) throw BadInput(problem(text, "is no whole number"));
  return static_cast<int>(number);
}

void put(PlatformTexts& texts, std::string_view key, std::string value, const Text& place) {
  Text text = place;
  text.value = std::move(value);
  texts.emplace(key, std::move(text));
}

const CsvTable& accelerators() {
  static constexpr std::array<std::string_view, 2> kColumns = {"accelerator", "device"};
  static const CsvTable table = [] {
    const auto found = std::ranges::find(platforms_data(), kAccelerators, &platforms_file::name);
    return read_csv_text(found->text, "platforms/" + std::string(kAccelerators), kColumns);
  }();
  return table;
}

std::string device_of(const Text& accelerator) {
  std::vector<std::string_view> known;
  for (std::size_t row = 0; row < accelerators().rows.size(); ++row) {
    known.push_back(accelerators().at(row, "accelerator").value);
    if (known.back() == accelerator.value) return accelerators().at(row, "device").value;
  }
  throw BadInput(problem(accelerator, "is an accelerator whose kernels are not known", listed(known), suggest(accelerator.value, known)));
}

void add_accelerators(PlatformTexts& texts, const Offers& offers, std::size_t row, const Text& accelerator) {
  put(texts, "device", device_of(accelerator), accelerator);
  put(texts, "collective-library", "nccl", accelerator);
  const Text* number = cell(offers, row, "AcceleratorCount");
  if (number == nullptr) throw BadInput(problem(accelerator, "comes without AcceleratorCount"));
  put(texts, "devices-per-node", std::to_string(count(*number)), *number);
}

void add_processor(PlatformTexts& texts, const Offers& offers, std::size_t row, const Text& instance) {
  const Text* processor = cell(offers, row, "Processor");
  const Text* threads = cell(offers, row, "vCPUs");
  if (processor == nullptr || threads == nullptr)
    throw BadInput(problem(instance,
                           "has no accelerator, and of a CPU machine that is in no shipped catalogue the columns vCPUs and "
                           "Processor have to say what computes"));
  put(texts, "processor", processor->value, *processor);
  put(texts, "cores", std::to_string(std::max(1, count(*threads) / 2)), *threads);
  put(texts, "calibration", "epyc-9004", *processor);
}

struct Offer {
  double price = 0;
  std::optional<double> spot;
  std::string spot_zone;
  const Text* region = nullptr;
  std::size_t row = 0;
};

/// Which rows are asked for: those of a region or a zone; of none, those of the first row's region.
std::vector<std::size_t> rows_of(const Offers& offers, const Text* region) {
  const std::string wanted = region != nullptr ? region->value : offers.table.at(offers.rows.front(), "Region").value;
  std::vector<std::size_t> rows;
  std::vector<std::string_view> regions;
  for (const std::size_t row : offers.rows) {
    const std::string& name = offers.table.at(row, "Region").value;
    if (std::ranges::find(regions, name) == regions.end()) regions.emplace_back(name);
    const Text* zone = cell(offers, row, "AvailabilityZone");
    if (name == wanted || (zone != nullptr && zone->value == wanted)) rows.push_back(row);
  }
  if (rows.empty()) throw BadInput(problem(*region, "no price is known there", listed(regions), suggest(region->value, regions)));
  return rows;
}

void refuse_repeated(const Offers& offers, const std::vector<std::size_t>& rows, Problems& problems) {
  const auto zone_of = [&](std::size_t row) {
    const Text* zone = cell(offers, row, "AvailabilityZone");
    return offers.table.at(row, "Region").value + "/" + (zone == nullptr ? "" : zone->value);
  };
  for (std::size_t i = 1; i < rows.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (zone_of(rows[i]) == zone_of(rows[j])) {
        const Text& first = offers.table.at(rows[j], "InstanceType");
        problems.add(problem(offers.table.at(rows[i], "InstanceType"), format("stands there twice for its zone: see line {}", first.line)));
        break;
      }
}

Offer offer_of(const Offers& offers, const std::vector<std::size_t>& rows) {
  Problems problems;
  refuse_repeated(offers, rows, problems);
  Offer offer;
  offer.row = rows.front();
  offer.region = &offers.table.at(offer.row, "Region");
  for (const std::size_t row : rows) {
    const Text& price = offers.table.at(row, "Price");
    if (!price.value.empty())
      problems.collect([&] {
        const double here = amount(price);
        offer.price = offer.price == 0 ? here : std::min(offer.price, here);
      });
    if (const Text* spot = cell(offers, row, "SpotPrice"))
      problems.collect([&] {
        const double here = amount(*spot);
        if (offer.spot && *offer.spot <= here) return;
        const Text* zone = cell(offers, row, "AvailabilityZone");
        offer.spot = here, offer.spot_zone = zone == nullptr ? "" : zone->value;
      });
  }
  if (problems.empty() && offer.price == 0)
    problems.add(problem(offers.table.at(offer.row, "Price"), "is missing: the machine has no price on demand in " + offer.region->value));
  problems.throw_if_any();
  return offer;
}

}  // namespace

PlatformTexts offered_machine(const Text& catalogue, std::string_view name) {
  const Offers offers = read_offers(catalogue, name);
  const std::size_t row = offers.rows.front();
  const Text& instance = offers.table.at(row, "InstanceType");
  PlatformTexts texts;
  const Text* memory = cell(offers, row, "MemoryGiB");
  if (memory == nullptr) throw BadInput(problem(instance, "comes without MemoryGiB"));
  put(texts, "memory-per-node", exact(amount(*memory)) + " GiB", *memory);
  if (const Text* accelerator = cell(offers, row, "AcceleratorName"))
    add_accelerators(texts, offers, row, *accelerator);
  else
    add_processor(texts, offers, row, instance);
  if (const Text* network = cell(offers, row, "NetworkGbps")) {
    put(texts, "link-bandwidth", exact(amount(*network)) + " Gbit/s", *network);
    put(texts, "link-latency", std::string(kEthernetLatency), *network);
  }
  put(texts, "source", catalogue.value, instance);
  return texts;
}

void add_offered_price(PlatformTexts& texts, const Text& catalogue, std::string_view name) {
  if (texts.contains("price")) return;
  const Offers offers = read_offers(catalogue, name);
  const auto region = texts.find("region");
  const Offer offer = offer_of(offers, rows_of(offers, region == texts.end() ? nullptr : &region->second));
  const Text& place = offers.table.at(offer.row, "Price");
  put(texts, "price", exact(offer.price) + " USD/h", place);
  if (offer.spot) put(texts, "spot-price", exact(*offer.spot) + " USD/h", place);
  put(texts, "region", offer.region->value, *offer.region);
  if (const Text* date = cell(offers, offer.row, "PriceDate")) put(texts, "price-date", date->value, *date);
  const Text* source = cell(offers, offer.row, "PriceSource");
  const std::string zone = offer.spot_zone.empty() ? "" : ", spot of " + offer.spot_zone;
  put(texts, "price-source", (source == nullptr ? catalogue.value : source->value) + zone, place);
}

}  // namespace forerun
