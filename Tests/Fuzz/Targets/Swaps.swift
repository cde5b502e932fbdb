import BlockIO

extension FuzzTarget {
  /// `/proc/swaps`.
  public static let swaps = FuzzTarget(
    "swaps",
    seeds: {
      [
        "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/dm-1      partition\t8388604\t\t0\t\t-2\n",
        "/a\\040b\\040(deleted) file\t1024\t0\t-3\n",
      ].map { Array($0.utf8) }
    },
    run: { bytes in
      let table = SwapTable(parsing: bytes)
      precondition(table.rows.count + table.malformedLineCount <= bytes.split(separator: 0x0A).count)
    })
}
