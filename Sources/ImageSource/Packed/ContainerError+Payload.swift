import DiskContainers

/// How an error about a disk container is told as two numbers: what it is and of which part, and where.
extension ContainerError {
  /// The error as numbers; one that only the kernel makes is told in another way, and is none.
  var transferNumbers: (UInt64, UInt64) {
    switch self {
    case .damaged(let part, let offset): (1 << 8 | UInt64(part.rawValue), offset)
    case .checksumWrong(let part, let offset): (2 << 8 | UInt64(part.rawValue), offset)
    case .cutOff(let part, let offset): (3 << 8 | UInt64(part.rawValue), offset)
    case .tooLong(let part, let byteCount): (4 << 8 | UInt64(part.rawValue), byteCount)
    case .needs(let need): (5 << 8 | UInt64(need.rawValue), 0)
    case .usedTwice(let offset): (6 << 8, offset)
    case .outOfMemory: (7 << 8, 0)
    case .budgetExhausted: (8 << 8, 0)
    case .unreadable: (0, 0)
    }
  }

  /// Reads an error; nil for numbers that ``transferNumbers`` never gives.
  init?(transferNumbers numbers: (UInt64, UInt64)) {
    let detail = UInt8(truncatingIfNeeded: numbers.0)
    let (part, need) = (ContainerPart(rawValue: detail), ContainerNeed(rawValue: detail))
    switch (numbers.0 >> 8, part, need) {
    case (1, let part?, _): self = .damaged(part, offset: numbers.1)
    case (2, let part?, _): self = .checksumWrong(part, offset: numbers.1)
    case (3, let part?, _): self = .cutOff(part, offset: numbers.1)
    case (4, let part?, _): self = .tooLong(part, byteCount: numbers.1)
    case (5, _, let need?): self = .needs(need)
    case (6, _, _): self = .usedTwice(offset: numbers.1)
    case (7, _, _): self = .outOfMemory
    case (8, _, _): self = .budgetExhausted
    default: return nil
    }
  }
}
