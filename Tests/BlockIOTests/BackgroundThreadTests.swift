import BlockIO
import Testing

@Suite("Threads of their own")
struct BackgroundThreadTests {
  @Test("as many as are asked for can be there at once, as long as nothing bounds them")
  func startable() {
    #expect(BackgroundThread.startable(0) == 0)
    #expect(BackgroundThread.startable(20) == 20)
    #expect(BackgroundThread.startable(.max) == BackgroundThread.most)
  }
}
