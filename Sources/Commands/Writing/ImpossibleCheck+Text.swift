import DeviceSafety
import Terminal

extension ImpossibleCheck {
  /// What nobody knows, because the run has no right to find out.
  var text: SanitizedText {
    switch self {
    case .exclusiveOpening: "that UDisks2 has opened the disk exclusively, as it was asked to"
    case .openPartitions: "that no program has a partition of the disk open without having mounted it"
    case .otherNamespaces: "what other people's programs see mounted"
    }
  }
}
