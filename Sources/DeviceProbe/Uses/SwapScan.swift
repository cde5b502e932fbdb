import BlockIO
import SystemPackage

/// Reads the active swap areas.
struct SwapScan {
  private(set) var swaps: [SwapArea] = []
  private(set) var unreadable: [UnreadableSource] = []

  init(root: SystemRoot, resolver: PathResolver) {
    let path = "/proc/swaps"
    let table: SwapTable
    do throws(SystemCallError) {
      table = SwapTable(parsing: try SmallFile.bytes(of: root.path(path), limit: 1 << 20))
    } catch {
      // A kernel without swap has no such file.
      if error.errno != .noSuchFileOrDirectory {
        unreadable.append(UnreadableSource(path: path, reason: "\(error.errno)"))
      }
      return
    }
    if table.malformedLineCount > 0 {
      unreadable.append(
        UnreadableSource(path: path, reason: "\(table.malformedLineCount) lines not understood"))
    }
    for row in table.rows {
      // A file may be swapped to after it was deleted, and a node after another took its name.
      let device = row.isFile ? resolver.devices(under: row.path).first : resolver.device(at: row.path)
      swaps.append(SwapArea(path: row.path, device: device, isFile: row.isFile))
    }
  }
}
