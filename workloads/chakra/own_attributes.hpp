#pragma once

#include <string_view>

/// What a trace of ours holds beyond the published attributes, so that it reads back as the same plan.
namespace forerun::chakra::own {

inline constexpr int kVersion = 1;

// Of a file's metadata.
inline constexpr std::string_view kPlan = "forerun.plan";                                 ///< the version
inline constexpr std::string_view kOperations = "forerun.operations";                     ///< how many the plan has
inline constexpr std::string_view kSteps = "forerun.steps";                               ///< 0: no number of them
inline constexpr std::string_view kCompute = "forerun.compute";                           ///< class, lane
inline constexpr std::string_view kLanes = "forerun.lanes";                               ///< names
inline constexpr std::string_view kLaneKinds = "forerun.lane-kinds";                      ///< by lane
inline constexpr std::string_view kClasses = "forerun.classes";                           ///< names
inline constexpr std::string_view kClassRanks = "forerun.class-ranks";                    ///< by class: first, count, stride
inline constexpr std::string_view kCommunicators = "forerun.communicators";               ///< names
inline constexpr std::string_view kCommunicatorRanks = "forerun.communicator-ranks";      ///< by communicator: seven numbers
inline constexpr std::string_view kCommunicatorClasses = "forerun.communicator-classes";  ///< by communicator: count, classes
inline constexpr std::string_view kBuffers = "forerun.buffers";                           ///< producer, consumer, depth, taken

// Of a node, whose id is the operation's index.
inline constexpr std::string_view kLayer = "forerun.layer";
inline constexpr std::string_view kBlock = "forerun.block";  ///< left out where there is none
inline constexpr std::string_view kClass = "forerun.class";
inline constexpr std::string_view kLane = "forerun.lane";
inline constexpr std::string_view kAfter = "forerun.after";          ///< operation, offset
inline constexpr std::string_view kKernel = "forerun.kernel";        ///< kernel_numbers()
inline constexpr std::string_view kFootprint = "forerun.footprint";  ///< of the kernel, in bytes
inline constexpr std::string_view kDelay = "forerun.delay";          ///< in seconds
inline constexpr std::string_view kDuration = "forerun.duration";    ///< of a computation, in seconds
inline constexpr std::string_view kFlops = "forerun.flop";           ///< of a computation
inline constexpr std::string_view kMoved = "forerun.moved";          ///< of a computation, in bytes
inline constexpr std::string_view kCommunicator = "forerun.communicator";
inline constexpr std::string_view kAlgorithm = "forerun.algorithm";
inline constexpr std::string_view kBytes = "forerun.bytes";  ///< of a collective

}  // namespace forerun::chakra::own
