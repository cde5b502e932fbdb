extension WritePlan {
  /// Blocks that are read where a request has failed, to know that the medium still answers: at both its ends, and
  /// between them, so that a bad place alone does not hide it.
  var touchstones: [Range<UInt64>] {
    let block = UInt64(blockSize)
    let last = (capacity - 1).rounded(downTo: block)
    return [0, last, (capacity / 2).rounded(downTo: block)].map { $0..<min($0 + block, capacity) }
  }
}
