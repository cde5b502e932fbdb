import BlockIO
import DeviceSafety
import Documents
import ImageInspector
import ImageSource
import ImageTrust
import Sandbox
import TestSupport
import Testing

@testable import Commands
@testable import Terminal
@testable import Writer

@Suite("What a report says of the capacity")
struct CapacityReportTests {
  private func evidence(_ estimate: CapacityShortfall.Estimate?, places: Int = 23) -> CapacityEvidence {
    CapacityEvidence(
      probedPlaceCount: places,
      shortfall: estimate.map {
        CapacityShortfall(
          claimedByteCount: 64_000_000_000, estimate: $0, probedPlaceCount: places, lostPlaceCount: 3,
          unreadablePlaceCount: 0)
      })
  }

  private func outcome(_ capacity: CapacityEvidence?) throws -> WriteOutcome {
    try WriteOutcome.sample(capacity)
  }

  private func text(_ capacity: CapacityEvidence?) throws -> String {
    try outcome(capacity).lines(for: Capabilities()).map(\.string).joined(separator: "\n")
  }

  @Test("R43, R45: how many places were probed, and that these are not every block")
  func honest() throws {
    let text = try text(evidence(nil))
    #expect(text.contains("capacity    probed at 23 places beyond the image: nothing written there was lost"))
    #expect(text.contains("has all of the 64.0 GB that it claims: some places were probed, not every block"))
    let json = try outcome(evidence(nil)).json["capacity"]
    #expect(json?["isFake"] == .bool(false) && json?["probedPlaces"] == .unsigned(23))
    #expect(json?["wrapsAt"] == .null && json?["atLeast"] == .null && json?["below"] == .null)
  }

  @Test("R43: a fake that was wanted is called one, with its size")
  func fake() throws {
    let wraps = try text(evidence(.wrapsAt(8 << 30)))
    #expect(wraps.contains("IT IS A FAKE, OR FAILS") && wraps.contains("about 8.6 GB in truth"))
    #expect(wraps.contains("anything beyond the image, and least of all that the stick has the 64.0 GB"))
    let json = try outcome(evidence(.between(1 << 30, 2 << 30))).json["capacity"]
    #expect(json?["isFake"] == .bool(true) && json?["lostPlaces"] == .unsigned(3))
    #expect(json?["atLeast"] == .unsigned(1 << 30) && json?["below"] == .unsigned(2 << 30))
    #expect(try outcome(evidence(.wrapsAt(8 << 30))).json["capacity"]?["wrapsAt"] == .unsigned(8 << 30))
  }

  @Test("limits of a size that would read alike are told to the byte")
  func alike() {
    let pairs: [(UInt64, UInt64, String)] = [
      (4 << 30, 8 << 30, "has 4.3 GB to 8.6 GB in truth"),
      (209_711_104, 209_715_200, "has 209 711 104 bytes to 209 715 200 bytes in truth"),
      (209_711_104, 209_711_104, "has 209 711 104 bytes in truth"),
    ]
    for (least, below, words) in pairs {
      let shortfall = CapacityShortfall(
        claimedByteCount: 64_000_000_000, estimate: .between(least, below), probedPlaceCount: 9,
        lostPlaceCount: 1, unreadablePlaceCount: 0)
      let tested = TrueSize.between(least, below).texts(claimed: 64_000_000_000, isExact: false)
      #expect(shortfall.texts.first?.string.contains(words) == true, "\(words)")
      #expect(tested.first?.string.contains(words) == true, "\(words)")
    }
  }

  @Test("R45: where nothing was probed, nothing is claimed")
  func unprobed() throws {
    for capacity in [nil, evidence(nil, places: 0)] {
      let text = try text(capacity)
      #expect(!text.contains("  capacity") && text.contains("nothing beyond the image was probed"))
    }
    #expect(try text(evidence(nil, places: 1)).contains("probed at 1 place beyond"))
  }
}
