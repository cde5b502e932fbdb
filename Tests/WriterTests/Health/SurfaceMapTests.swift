import Testing

@testable import Writer

@Suite("What is known of a medium")
struct SurfaceMapTests {
  @Test("faults that touch and are alike are one place; others are not")
  func places() {
    var map = SurfaceMap()
    map.append(0..<1024, nil)
    map.append(1024..<1536, .zeros)
    map.append(1536..<2048, .zeros)
    map.append(2048..<2560, .lost)
    map.append(2560..<4096, nil)
    #expect(map.faults.map(\.range) == [1024..<2048, 2048..<2560] && map.faultCount == 2)
    #expect(map.testedByteCount == 4096 && map.intactByteCount == 2560 && map.faultyByteCount == 1536)
    #expect(
      map.firstFault == 1024 && map.beforeLastIntact?.end == 2560
        && map.beforeLastIntact?.intactByteCount == 1024)
    #expect(map.lastIntactEnd == 4096 && map.trueSize(claimed: 4096) == .asClaimed)
  }

  @Test("what could not be read is not counted as read, whatever else is wrong with it")
  func read() {
    var map = SurfaceMap()
    map.append(0..<1024, nil)
    map.append(1024..<1536, .unreadable)
    map.append(1536..<2048, .unwritable)
    map.append(2048..<4096, .unwritable, isRead: false)
    #expect(map.testedByteCount == 4096 && map.readByteCount == 1536)
  }

  @Test("any number of places is counted, and the first of them are listed")
  func bounded() {
    var map = SurfaceMap()
    for index in 0..<200 as Range<UInt64> {
      map.append((index * 1024)..<(index * 1024 + 512), nil)
      map.append((index * 1024 + 512)..<(index * 1024 + 1024), .lost)
    }
    #expect(map.faults.count == SurfaceMap.listedPlaces && map.faultCount == 200)
    #expect(map.faults.last?.range == 65_024..<65_536)
    #expect(map.intactByteCount == 102_400 && map.beforeLastIntact == nil, "faults follow the last run")
  }

  @Test("what is lost to the end was never there; what is the same memory tells its size")
  func size() {
    var map = SurfaceMap()
    map.append(0..<4096, nil)
    map.append(4096..<8192, .zeros)
    #expect(map.trueSize(claimed: 8192) == .ends(at: 4096))
    #expect(map.trueSize(claimed: 16384) == .asClaimed, "it was not read to its end")
    map = SurfaceMap()
    map.append(0..<4096, .stray(distance: 8192))
    map.append(4096..<8192, .stray(distance: 4096))
    map.append(8192..<12288, nil)
    #expect(map.trueSize(claimed: 12288) == .wraps(at: 4096))
    #expect(map.trueSize(claimed: 16384) == .between(0, 16384), "it was not read to its end")
    map.append(12288..<16384, .stray(distance: -8192))
    map.append(16384..<20480, nil)
    #expect(map.trueSize(claimed: 20480) == .keeps(8192))
  }
}
