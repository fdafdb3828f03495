#include "costs/calibration_gpu.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "costs/calibration_words.hpp"

namespace forerun {

using namespace calibration_file;

namespace {

enum class Need { required, optional };

/// A figure of the model by its key in the file.
struct Figure {
  std::string_view key;
  double (*get)(const GpuModel&);
  void (*set)(GpuModel&, double);
  double least;  ///< excluded where it is zero and the figure is required
  double most;
  Need need = Need::required;
};

constexpr double kMostShare = 1.2;
constexpr double kMostConvolutionShare = 4;
constexpr double kMostRate = 1e18;
constexpr double kSmallest = 1e-12;
constexpr double kMostSpread = 3;
constexpr std::string_view kTile = "tile-";

double plain(double value) { return value; }
double plain(int value) { return value; }
template <int S, int B, int F, int D, int J>
double plain(Quantity<S, B, F, D, J> value) {
  return value.value();
}

template <auto Member>
constexpr Figure figure(std::string_view key, double least, double most) {
  return {key, [](const GpuModel& gpu) { return plain(gpu.*Member); },
          [](GpuModel& gpu, double value) { gpu.*Member = std::remove_cvref_t<decltype(gpu.*Member)>(value); }, least, most};
}

template <auto Outer, auto Inner>
constexpr Figure figure(std::string_view key, double most, Need need) {
  return {key,
          [](const GpuModel& gpu) { return gpu.*Outer.*Inner; },
          [](GpuModel& gpu, double value) { gpu.*Outer.*Inner = value; },
          kSmallest,
          most,
          need};
}

template <Precision P>
constexpr Figure peak(std::string_view key) {
  return {key,
          [](const GpuModel& gpu) { return gpu.peak[P].value(); },
          [](GpuModel& gpu, double value) { gpu.peak[P] = FlopsPerSecond(value); },
          1,
          kMostRate,
          Need::optional};
}
template <Precision P>
constexpr Figure share(std::string_view key) {
  return {key,
          [](const GpuModel& gpu) { return gpu.product_share[P]; },
          [](GpuModel& gpu, double value) { gpu.product_share[P] = value; },
          kSmallest,
          kMostShare,
          Need::optional};
}

using G = GpuModel;
constexpr auto kFigures = std::to_array<Figure>({
    figure<&G::multiprocessors>("multiprocessors", 1, 1 << 16),
    peak<Precision::fp64>("peak-fp64-flop-per-s"),
    peak<Precision::fp32>("peak-fp32-flop-per-s"),
    peak<Precision::tf32>("peak-tf32-flop-per-s"),
    peak<Precision::fp16>("peak-fp16-flop-per-s"),
    peak<Precision::bf16>("peak-bf16-flop-per-s"),
    peak<Precision::fp8>("peak-fp8-flop-per-s"),
    figure<&G::vector_peak>("vector-peak-flop-per-s", 1, kMostRate),
    figure<&G::bandwidth>("bandwidth-bytes-per-s", 1, kMostRate),
    figure<&G::idle_watts>("idle-watts", 0, 1e5),
    figure<&G::peak_watts>("peak-watts", 1, 1e5),
    share<Precision::fp64>("product-share-fp64"),
    share<Precision::fp32>("product-share-fp32"),
    share<Precision::tf32>("product-share-tf32"),
    share<Precision::fp16>("product-share-fp16"),
    share<Precision::bf16>("product-share-bf16"),
    share<Precision::fp8>("product-share-fp8"),
    figure<&G::sustained_share>("sustained-share", kSmallest, kMostShare),
    {"sustained-share-tensor", [](const G& gpu) { return gpu.sustained_share_tensor; },
     [](G& gpu, double value) { gpu.sustained_share_tensor = value; }, kSmallest, kMostShare, Need::optional},
    figure<&G::depth_offset>("depth-offset", 0, 1e5),
    figure<&G::weight_gradient_share>("weight-gradient-share", kSmallest, kMostShare),
    figure<&G::unaligned_share>("unaligned-share", kSmallest, kMostShare),
    figure<&G::most_splits>("most-splits", 1, 1 << 16),
    figure<&G::convolution, &ConvolutionShares::forward>("convolution-forward-share", kMostConvolutionShare, Need::required),
    figure<&G::convolution, &ConvolutionShares::backward_data>("convolution-backward-data-share", kMostConvolutionShare, Need::required),
    figure<&G::convolution, &ConvolutionShares::backward_weights>("convolution-backward-weights-share", kMostConvolutionShare,
                                                                  Need::required),
    figure<&G::convolution, &ConvolutionShares::winograd>("convolution-winograd-share", kMostConvolutionShare, Need::required),
    figure<&G::convolution, &ConvolutionShares::tensor_forward>("convolution-forward-share-tensor", kMostConvolutionShare, Need::optional),
    figure<&G::convolution, &ConvolutionShares::tensor_backward_data>("convolution-backward-data-share-tensor", kMostConvolutionShare,
                                                                      Need::optional),
    figure<&G::convolution, &ConvolutionShares::tensor_backward_weights>("convolution-backward-weights-share-tensor", kMostConvolutionShare,
                                                                         Need::optional),
    {"convolution-workspace-bytes", [](const G& gpu) { return gpu.convolution_workspace.value(); },
     [](G& gpu, double value) { gpu.convolution_workspace = Bytes(value); }, 0, kMostRate, Need::optional},
    figure<&G::flash_forward, &FlashShares::channels_64>("flash-forward-share-64", kMostShare, Need::optional),
    figure<&G::flash_forward, &FlashShares::channels_128>("flash-forward-share-128", kMostShare, Need::optional),
    figure<&G::flash_backward, &FlashShares::channels_64>("flash-backward-share-64", kMostShare, Need::optional),
    figure<&G::flash_backward, &FlashShares::channels_128>("flash-backward-share-128", kMostShare, Need::optional),
    {"flash-half-length", [](const G& gpu) { return gpu.flash_half_length; }, [](G& gpu, double value) { gpu.flash_half_length = value; },
     0, 1e6, Need::optional},
    figure<&G::streaming_share>("streaming-share", kSmallest, kMostShare),
    figure<&G::score_share>("score-share", kSmallest, kMostShare),
    figure<&G::kernel_fixed>("kernel-fixed-s", kSmallest, 1),
    figure<&G::host_issue>("host-issue-s", 0, 1),
    {"tensor-update-s", [](const G& gpu) { return gpu.tensor_update.value(); },
     [](G& gpu, double value) { gpu.tensor_update = Seconds(value); }, 0, 1, Need::optional},
    {"host-run-ahead", [](const G& gpu) { return gpu.host_run_ahead; }, [](G& gpu, double value) { gpu.host_run_ahead = value; }, kSmallest,
     1, Need::optional},
    {"unfused-launches", [](const G& gpu) { return gpu.unfused_launches; }, [](G& gpu, double value) { gpu.unfused_launches = value; },
     kSmallest, 1e3, Need::optional},
    figure<&G::dropout_fusion>("dropout-fusion", 0, 1),
    figure<&G::gradient_bytes>("gradient-bytes", 0, 1e3),
    figure<&G::mixed_update_bytes>("mixed-update-bytes", 0, 1e3),
    figure<&G::loss_forward_bytes>("loss-forward-bytes", 0, 1e3),
    figure<&G::loss_backward_bytes>("loss-backward-bytes", 0, 1e3),
});

constexpr std::array kPairs{std::pair{Precision::fp64, "fp64"}, std::pair{Precision::fp32, "fp32"}, std::pair{Precision::tf32, "tf32"},
                            std::pair{Precision::fp16, "fp16"}, std::pair{Precision::bf16, "bf16"}, std::pair{Precision::fp8, "fp8"}};

/// Extents of `tile-RxC`, or nothing.
std::optional<GpuTile> tile_named(std::string_view key) {
  GpuTile tile;
  if (!key.starts_with(kTile)) return std::nullopt;
  const char* const end = key.data() + key.size();
  const auto [after_rows, rows_error] = std::from_chars(key.data() + kTile.size(), end, tile.rows);
  if (rows_error != std::errc() || after_rows == end || *after_rows != 'x') return std::nullopt;
  const auto [after, columns_error] = std::from_chars(after_rows + 1, end, tile.columns);
  if (columns_error != std::errc() || after != end) return std::nullopt;
  return tile;
}

std::string tile_key(const GpuTile& tile) { return std::string(kTile) + std::to_string(tile.rows) + "x" + std::to_string(tile.columns); }

void add_tile(const Text& key, const Text& value, GpuTile tile, GpuModel& gpu) {
  constexpr int kMostExtent = 4096;
  if (tile.rows < 8 || tile.columns < 8 || tile.rows > kMostExtent || tile.columns > kMostExtent)
    throw BadInput(problem(key, "the extents of a tile", "8 to 4096"));
  tile.share = parse_number(value, kSmallest, kMostShare);
  const auto free = std::find_if(gpu.tiles.begin(), gpu.tiles.end(), [](const GpuTile& other) { return other.rows == 0; });
  if (free == gpu.tiles.end()) throw BadInput(problem(key, "is one tile too many", std::to_string(gpu.tiles.size()) + " at most"));
  *free = tile;
}

void set_figure(const Text& key, const Text& value, GpuModel& gpu) {
  if (const std::optional<GpuTile> tile = tile_named(key.value)) return add_tile(key, value, *tile, gpu);
  std::vector<std::string_view> keys;
  for (const Figure& figure : kFigures) {
    keys.push_back(figure.key);
    if (key.value != figure.key) continue;
    const double number = parse_number(value, figure.least, figure.most);
    figure.set(gpu, number);
    if (figure.get(gpu) != number) throw BadInput(problem(value, "is no whole number"));
    return;
  }
  throw BadInput(problem(key, "unknown figure of a GPU", listed(keys), suggest(key.value, keys)));
}

void read_spread(const Text& key, const Text& spread, const std::optional<Text>& source, GpuSource& into) {
  if (tile_named(key.value)) throw BadInput(problem(spread, "tiles have no spread of their own: theirs is that of the products"));
  if (!source || source->value.empty()) throw BadInput(problem(spread, "a spread without its spread-source"));
  into.spread = parse_number(spread, kSmallest, kMostSpread);
  into.spread_source = source->value;
}

void read_figure(const YamlNode& row, Calibration& calibration, Problems& problems, std::set<std::string>& seen) {
  Mapping mapping(row, problems);
  std::optional<Text> key;
  std::optional<Text> value;
  std::optional<Text> source;
  std::optional<Text> spread;
  std::optional<Text> spread_source;
  mapping.required("figure", [&](const Text& text) { key = text; });
  mapping.required("value", [&](const Text& text) { value = text; });
  mapping.required("source", [&](const Text& text) { source = text; });
  mapping.optional("spread", [&](const Text& text) { spread = text; });
  mapping.optional("spread-source", [&](const Text& text) { spread_source = text; });
  mapping.finish();
  if (!key || !value || !source) return;
  problems.collect([&] {
    if (source->value.empty()) throw BadInput(problem(*source, "a figure without its source"));
    if (!seen.insert(key->value).second) throw BadInput(problem(*key, "is given twice"));
    set_figure(*key, *value, *calibration.gpu);
    calibration.gpu_sources.push_back({key->value, source->value});
    if (spread) read_spread(*key, *spread, spread_source, calibration.gpu_sources.back());
    if (!spread && spread_source) throw BadInput(problem(*spread_source, "names the source of a spread that is not there"));
  });
}

/// What no single row can say.
void check_whole(const Text& where, GpuModel& gpu, const std::set<std::string>& seen, Problems& problems) {
  for (const Figure& figure : kFigures)
    if (figure.need == Need::required && !seen.contains(std::string(figure.key)))
      problems.add(problem(where, "lacks the figure " + std::string(figure.key)));
  for (const auto& [precision, name] : kPairs)
    if ((gpu.peak[precision] > FlopsPerSecond(0)) != (gpu.product_share[precision] > 0))
      problems.add(problem(where, "a peak and the products' share of it belong together: " + std::string(name)));
  const FlashShares &forward = gpu.flash_forward, &backward = gpu.flash_backward;
  const int flash = (forward.channels_64 > 0) + (forward.channels_128 > 0) + (backward.channels_64 > 0) + (backward.channels_128 > 0);
  if (flash != 0 && flash != 4) problems.add(problem(where, "has some of the four shares of flash attention and not the others"));
  const ConvolutionShares& shares = gpu.convolution;
  const int tensor = (shares.tensor_forward > 0) + (shares.tensor_backward_data > 0) + (shares.tensor_backward_weights > 0);
  if (tensor != 0 && tensor != 3)
    problems.add(problem(where, "has some of the three shares of convolutions on tensor cores and not the others"));
  if (gpu.tiles[0].rows == 0) problems.add(problem(where, "has no tile"));
  if (gpu.idle_watts > gpu.peak_watts) problems.add(problem(where, "takes more power idle than at its peak"));
  const auto end = std::find_if(gpu.tiles.begin(), gpu.tiles.end(), [](const GpuTile& tile) { return tile.rows == 0; });
  std::stable_sort(gpu.tiles.begin(), end, [](const GpuTile& a, const GpuTile& b) { return a.share > b.share; });
}

const Figure* find_figure(std::string_view key) {
  const auto found = std::find_if(kFigures.begin(), kFigures.end(), [&](const Figure& figure) { return figure.key == key; });
  return found == kFigures.end() ? nullptr : &*found;
}

}  // namespace

double gpu_figure(const GpuModel& gpu, std::string_view key) {
  const Figure* figure = find_figure(key);
  return figure == nullptr ? 0 : figure->get(gpu);
}

void set_gpu_figure(GpuModel& gpu, std::string_view key, double value) {
  const Figure& figure = *find_figure(key);
  figure.set(gpu, std::clamp(value, figure.least, figure.most));
}

Json gpu_figures_json(const Calibration& calibration) {
  const GpuModel& gpu = *calibration.gpu;
  Json rows = Json::array();
  const auto source_of = [&](std::string_view key) {
    const auto source = std::find_if(calibration.gpu_sources.begin(), calibration.gpu_sources.end(),
                                     [&](const GpuSource& other) { return other.figure == key; });
    return source == calibration.gpu_sources.end() ? GpuSource() : *source;
  };
  const auto add = [&](const std::string& key, double value) {
    const GpuSource source = source_of(key);
    rows.push_back({{"figure", key}, {"value", value}, {"source", source.source}});
    if (source.spread == 0) return;
    rows.back()["spread"] = source.spread;
    rows.back()["spread-source"] = source.spread_source;
  };
  // A figure that a file need not give is what GpuModel says of it, and not of this device, where it has no source.
  const auto is_given = [&](const Figure& figure) {
    return figure.get(gpu) != figure.get(GpuModel{}) || !source_of(figure.key).source.empty();
  };
  for (const Figure& figure : kFigures)
    if (figure.need == Need::required || is_given(figure)) add(std::string(figure.key), figure.get(gpu));
  for (const GpuTile& tile : gpu.tiles)
    if (tile.rows > 0) add(tile_key(tile), tile.share);
  return rows;
}

void read_gpu(Mapping& mapping, Calibration& calibration, Problems& problems) {
  mapping.required("gpu", [&](const YamlNode& list) {
    calibration.gpu.emplace();
    std::set<std::string> seen;
    for (const YamlNode& row : items(list)) read_figure(row, calibration, problems, seen);
    check_whole(list.text, *calibration.gpu, seen, problems);
  });
}

}  // namespace forerun
