#pragma once

#include <cstdint>

#include "strategies/local_model.hpp"

namespace forerun {

/// Pads the vocabulary of a network that has a token table to a multiple of so many words: the table of all words, the columns
/// of a head over as many that feeds a loss, and the loss. Split over a tensor axis or not
/// [NVIDIA/Megatron-LM, megatron/training/tokenizer/tokenizer.py, _vocab_size_with_padding].
void pad_vocabulary(LocalModel& model, std::int64_t multiple);

}  // namespace forerun
