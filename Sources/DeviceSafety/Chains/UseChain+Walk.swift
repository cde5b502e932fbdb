import BlockIO
import DeviceProbe

extension UseChain {
  /// Every use of some devices, directly and through everything built on them.
  ///
  /// Each device is followed once per start, so that devices which hold each other in a circle end as well.
  static func chains(from starts: [BlockDevice], in links: SnapshotLinks) -> [UseChain] {
    var chains: [UseChain] = []
    for start in starts {
      // Those that the walk starts from have chains of their own.
      var visited = Set(starts.map(\.number))
      follow(Start(number: start.number, name: start.name), start.number, [], links, &visited, &chains)
    }
    return chains
  }

  private static func follow(
    _ start: Start, _ number: DeviceNumber, _ hops: [UseHop], _ links: SnapshotLinks,
    _ visited: inout Set<DeviceNumber>, _ chains: inout [UseChain]
  ) {
    chains += links.ends(on: number).map { UseChain(start: start, hops: hops, end: $0) }
    for hop in links.hops(from: number) where visited.insert(hop.number).inserted {
      let path = hops + [hop]
      chains.append(UseChain(start: start, hops: path, end: .hop))
      follow(start, hop.number, path, links, &visited, &chains)
    }
  }
}
