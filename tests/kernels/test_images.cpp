#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "core/error.hpp"
#include "io/format.hpp"
#include "kernels/data/jpeg.hpp"
#include "kernels/data/loader.hpp"
#include "kernels/trainer/train.hpp"
#include "tests/kernels/small_scenarios.hpp"
#include "tests/support/folder.hpp"
#include "tests/support/image_records.hpp"
#include "workloads/tf_example.hpp"

namespace forerun {

namespace {

namespace fs = std::filesystem;

constexpr int kPixels = 28 * 28;

/// Ten classes of 28 x 28 gray pixels, as mnist's are.
Workload digits() { return scenario("mnist-cnn", 8, "serial").workload; }

/// An image that is the brighter the higher its class, with its number in the first pixel.
std::string image_of(int number) {
  std::string pixels(kPixels, static_cast<char>(20 * (number % 10)));
  pixels[0] = static_cast<char>(number);
  return pixels;
}

std::string records(int first, int count) {
  std::string file;
  for (int i = first; i < first + count; ++i) file += framed(example(image_of(i), i % 10));
  return file;
}

/// What is said of a file with these bytes.
std::string refusal(const std::string& bytes) {
  const Folder folder;
  put(folder / "images.tfrecord", bytes);
  try {
    const ImageFiles files({folder / "images.tfrecord"}, digits());
    std::vector<float> pixels(kPixels);
    ImageFiles::Times times;
    for (std::int64_t i = 0; i < files.samples(); ++i) files.load(i, pixels, times);
  } catch (const BadInput& error) {
    const std::string said = error.what();
    REQUIRE(said.find((folder / "images.tfrecord").string() + ": ") == 0);
    return said.substr((folder / "images.tfrecord").string().size() + 2);
  }
  return "nothing";
}

std::string jpeg(const char* name) { return get(fs::path(FORERUN_TEST_DATA) / "../support/images" / name); }

}  // namespace

TEST_CASE("checksums of records are masked as TensorFlow does it") {
  CHECK(masked(0) == 0xa282ead8U);
  CHECK(masked(0xe3069283U) == 0xc78ab0e5U);  // of "123456789", by the rule in record_writer.h
}

TEST_CASE("images of TFRecord files are read with their classes") {
  const Folder folder;
  put(folder / "a.tfrecord", records(0, 7));
  put(folder / "b.tfrecord", records(7, 5));
  const ImageFiles files({folder.path()}, digits());
  REQUIRE(files.samples() == 12);
  std::vector<float> pixels(kPixels);
  ImageFiles::Times times;
  for (std::int64_t i = 0; i < 12; ++i) {
    CHECK(files.load(i, pixels, times) == i % 10);
    CHECK(pixels[0] == Approx((static_cast<double>(i) - 127.5) / 63.75));
    CHECK(pixels[5] == Approx((20 * static_cast<double>(i % 10) - 127.5) / 63.75));
  }
  CHECK(times.read > Seconds(0));
  CHECK(times.decode > Seconds(0));
  CHECK(files.identity() == ImageFiles({folder / "a.tfrecord", folder / "b.tfrecord"}, digits()).identity());
  CHECK(files.identity() != ImageFiles({folder / "a.tfrecord"}, digits()).identity());
}

TEST_CASE("what is wrong with a TFRecord file is said with its record and byte") {
  const std::string good = framed(example(image_of(3), 3));
  const auto second = [&](const std::string& record) { return good + record; };
  const std::string at = "record 1 at byte " + std::to_string(good.size()) + ": ";
  CHECK(refusal(good) == "nothing");
  CHECK_THAT(refusal(""), Catch::Contains("holds no samples"));
  CHECK_THAT(refusal("no records, but words that go on for a while"),
             Catch::Contains("record 0 at byte 0: has a length with a wrong checksum"));
  CHECK(refusal(second(good.substr(0, 5))) == at + "is cut off: the file ends within it");
  CHECK(refusal(second(good.substr(0, good.size() - 3))) == at + "is cut off: the file ends within it");
  std::string flipped = good;
  flipped[100] = static_cast<char>(flipped[100] ^ 1);
  CHECK(refusal(second(flipped)) == at + "has a wrong checksum: its bytes are not those that were written");
  CHECK_THAT(refusal(second(framed(example(image_of(3), 10)))),
             Catch::Contains("is of a class that the network does not tell apart (got 10, allowed 0 to 9)"));
  CHECK_THAT(refusal(second(framed(example("few", 3)))),
             Catch::Contains("holds neither a JPEG image nor the network's pixels (got 3 bytes, allowed 28 x 28 x 1 bytes, or JPEG)"));
  CHECK_THAT(refusal(second(framed(field(1, integer_feature("label", 3))))), Catch::Contains("holds no image"));
  CHECK_THAT(refusal(second(framed(field(1, bytes_feature("image_raw", image_of(1)))))), Catch::Contains("holds no label"));
  CHECK_THAT(refusal(second(framed(example(image_of(3), 3).substr(0, 50)))),
             Catch::Contains("byte ") && Catch::Contains("a field is longer than what holds it"));
  CHECK_THAT(refusal(second(framed("\x08\x01" + std::string(4, '\0')))), Catch::Contains("is no tf.train.Example"));
}

TEST_CASE("an example may have other features, and its image and label older names") {
  const std::string record =
      field(1, bytes_feature("image/format", "raw") + bytes_feature("image_raw", "pixels") + integer_feature("height", 28) +
                   field(1, field(1, "box") + field(2, field(2, field(1, std::string(8, '\0'))))) + integer_feature("label", 4));
  const ImageExample read = parse_image_example(record, "here");
  CHECK(read.image == "pixels");
  CHECK(read.label == 4);
}

TEST_CASE("a class is a folder of JPEG files") {
  if (!decodes_jpeg()) {
    WARN("left out: there is no libjpeg-turbo");
    return;
  }
  const Folder folder;
  for (const char* name : {"dark", "light"}) {
    fs::create_directory(folder / name);
    put(folder / (std::string(name) + "/one.jpg"), jpeg((std::string(name) + ".jpg").c_str()));
    put(folder / (std::string(name) + "/two.JPEG"), jpeg((std::string(name) + ".jpg").c_str()));
  }
  const ImageFiles files({folder.path()}, digits());
  REQUIRE(files.samples() == 4);
  std::vector<float> pixels(kPixels);
  ImageFiles::Times times;
  CHECK(files.load(1, pixels, times) == 0);
  const double dark = pixels[kPixels / 2];
  CHECK(files.load(2, pixels, times) == 1);
  CHECK(dark == Approx((42.0 - 127.5) / 63.75).margin(0.2));
  CHECK(pixels[kPixels / 2] == Approx((201.0 - 127.5) / 63.75).margin(0.2));
  const std::string whole = jpeg("dark.jpg");
  const auto said = [&](const std::string& bytes) {
    put(folder / "dark/two.JPEG", bytes);
    try {
      ImageFiles({folder.path()}, digits()).load(1, pixels, times);
    } catch (const BadInput& error) {
      return std::string(error.what());
    }
    return std::string("nothing");
  };
  CHECK_THAT(said(whole.substr(0, whole.size() - 12)), Catch::Contains("dark/two.JPEG: is a JPEG image that cannot be decoded: "));
  CHECK_THAT(said(whole.substr(0, whole.size() / 2)), Catch::Contains("dark/two.JPEG: is no JPEG image"));  // within its tables
  CHECK_THAT(said("words"), Catch::Contains("dark/two.JPEG: holds neither a JPEG image"));
  CHECK_THROWS_WITH(ImageFiles({folder.path()}, scenario("mlp", 8, "serial").workload),
                    Catch::Contains("is a JPEG image, and the network reads other pixels (got 784 channels, allowed 1 or 3)"));
  CHECK_THROWS_WITH(ImageFiles({folder / "dark"}, digits()), Catch::Contains("dark/one.jpg: is a JPEG file without a class"));
  fs::create_symlink("nowhere", folder / "light/three.jpg");
  CHECK_THAT(said(whole), Catch::Contains("light/three.jpg: cannot be read: No such file"));
  fs::remove(folder / "light/three.jpg");
  put(folder / "dark/notes.txt", "words");
  CHECK_THAT(said(whole), Catch::Contains("dark/notes.txt: is no JPEG file by its name"));
}

TEST_CASE("an image at its own size is its pixels, and one of two pixels runs from one to the other") {
  const Image image{1, 2, 1, {0, 255}};
  std::vector<float> same(2), four(4);
  resize(image, 1, 2, same);
  CHECK(same == std::vector<float>{-2, 2});
  resize(image, 1, 4, four);
  CHECK(four[0] == -2);
  CHECK(four[1] == Approx(-1));
  CHECK(four[2] == Approx(1));
  CHECK(four[3] == 2);
}

TEST_CASE("an epoch reads every sample once, in an order that its seed decides") {
  std::vector<std::uint32_t> order = epoch_order(100, 7, 0);
  CHECK(order == epoch_order(100, 7, 0));
  CHECK(order != epoch_order(100, 8, 0));
  CHECK(order != epoch_order(100, 7, 1));
  std::ranges::sort(order);
  for (std::uint32_t i = 0; i < 100; ++i) REQUIRE(order[i] == i);
}

TEST_CASE("ranks read their shares of the same batches, from any step on, however far ahead") {
  const Folder folder;
  put(folder / "images.tfrecord", records(0, 50));
  const Workload workload = digits();
  const ImageFiles files({folder.path()}, workload);
  const auto numbers = [](const LoadedBatch& loaded) {
    std::vector<int> read;
    for (std::size_t i = 0; i < loaded.batch.labels.size(); ++i)
      read.push_back(static_cast<int>(std::lround(loaded.batch.samples.data()[i * kPixels] * 63.75 + 127.5)));
    return read;
  };
  Loader whole(files, workload, 3, {16, 0, 16}, 0, 2, {});
  Loader second(files, workload, 3, {16, 8, 8}, 0, 0, {});
  Loader later(files, workload, 3, {16, 0, 16}, 4, 1, {});
  std::set<int> epoch;
  std::vector<int> first;
  for (int step = 0; step < 7; ++step) {
    const std::vector<int> all = numbers(whole.next());
    if (step == 0) first = all;
    if (step == 3) CHECK(all != first);  // another epoch, another order
    CHECK(numbers(second.next()) == std::vector<int>(all.begin() + 8, all.end()));
    if (step >= 4) CHECK(numbers(later.next()) == all);
    if (step < 3) epoch.insert(all.begin(), all.end());
  }
  CHECK(epoch.size() == 48);  // three steps of an epoch, and two samples that are left over
  CHECK_THROWS_WITH(Loader(files, workload, 3, {64, 0, 64}, 0, 1, {}), Catch::Contains("holds fewer samples than a batch"));
}

TEST_CASE("a record that is damaged ends the training that comes to it, with its place") {
  const Folder folder;
  std::string bytes = records(0, 20);
  bytes[bytes.size() - 100] = static_cast<char>(bytes[bytes.size() - 100] ^ 1);
  put(folder / "images.tfrecord", bytes);
  TrainOptions options;
  options.steps = 5, options.warm_up = 0;
  options.data.files = {folder.path()};
  options.data.prefetch = GENERATE(0, 3);
  CHECK_THROWS_WITH(train(scenario("mlp", 4, "serial"), options, {}),
                    Catch::Contains("record 19 at byte ") && Catch::Contains("wrong checksum"));
}

TEST_CASE("a network learns images from files, and each step says what reading and decoding took") {
  const Folder folder;
  put(folder / "images.tfrecord", records(0, 200));
  TrainOptions options;
  options.steps = 60, options.warm_up = 2;
  options.data.files = {folder.path()};
  const TrainResult result = std::get<TrainResult>(train(scenario("mlp", 20, "serial"), options, {}));
  CHECK(result.losses.back() < 0.7 * result.losses.front());
  REQUIRE(result.input.size() == 60);
  for (const InputTime& time : result.input) {
    CHECK(time.read > Seconds(0));
    CHECK(time.decode > Seconds(0));
  }
  options.data.files = {folder / "missing"};
  CHECK_THROWS_WITH(train(scenario("mlp", 20, "serial"), options, {}), Catch::Contains("missing: no such file"));
  options.data.files = {folder.path()};
  CHECK_THROWS_AS(train(small_gpt(8, "serial"), options, {}), MissingCapability);
}

}  // namespace forerun
