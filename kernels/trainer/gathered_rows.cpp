#include "kernels/trainer/gathered_rows.hpp"

namespace forerun {

GatheredRows::GatheredRows(const Shard& shard, std::int64_t batch, LayerBuffers& buffers)
    : shard_(shard),
      batch_(batch),
      row_elements_(shard.gathered.width * shard.gathered.channels),
      block_elements_(batch * image_part(shard.gathered.height, shard.parts, 0).extent() * row_elements_),
      part_(buffers.input),
      part_gradient_(buffers.input_gradient),
      whole_(static_cast<std::size_t>(batch * shard.gathered.elements())),
      whole_gradient_(whole_.size()),
      blocks_(static_cast<std::size_t>(block_elements_ * shard.parts)),
      own_(static_cast<std::size_t>(block_elements_)) {
  buffers.input = whole_.data();
  if (part_gradient_ != nullptr) buffers.input_gradient = whole_gradient_.data();
}

ImageRows<float> GatheredRows::block(AlignedArray<float>& blocks, int member) const {
  return {blocks.data() + member * block_elements_, image_part(shard_.gathered.height, shard_.parts, member), batch_, row_elements_};
}

void GatheredRows::exchange(const PlannedExchange& planned, RankGroup& group) {
  const ImageRange all{0, shard_.gathered.height}, mine = image_part(all.end, shard_.parts, shard_.part);
  require_planned(planned, batch_ * shard_.gathered.elements());
  if (planned.pass == Pass::forward) {
    copy_rows({part_, mine, batch_, row_elements_}, mine, {own_.data(), mine, batch_, row_elements_});
    group.all_gather(own_.span(), blocks_.span());
    for (int member = 0; member < shard_.parts; ++member) {
      const ImageRows<float> rows = block(blocks_, member);
      copy_rows({rows.data, rows.rows, batch_, row_elements_}, rows.rows, {whole_.data(), all, batch_, row_elements_});
    }
    return;
  }
  for (int member = 0; member < shard_.parts; ++member) {
    const ImageRows<float> rows = block(blocks_, member);
    copy_rows({whole_gradient_.data(), all, batch_, row_elements_}, rows.rows, rows);
  }
  group.reduce_scatter(blocks_.span(), own_.span());
  copy_rows({own_.data(), mine, batch_, row_elements_}, mine, {part_gradient_, mine, batch_, row_elements_});
}

}  // namespace forerun
