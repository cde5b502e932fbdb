import Sandbox
import Terminal

extension WriterConfinement {
  /// What nobody could hold a fault of this program back from while it wrote; the rules still did.
  var unproven: [SanitizedText] {
    Barrier.allCases.filter(missing.contains).map { barrier in
      switch barrier {
      case .callFilter:
        "that burin could reach nothing but the disk while it wrote (seccomp): this system does not allow that barrier"
      case .capabilities:
        "that burin kept no right it does not use (capset): this system does not let it give any up"
      }
    }
  }
}
