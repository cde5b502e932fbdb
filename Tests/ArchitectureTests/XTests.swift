import Testing
@Test func one() { #expect(1 == 1) }
@Test(.disabled("no")) func two() { #expect(1 == 1) }
@Test(arguments: [1,2,3]) func three(_ x: Int) { #expect(x != 2) }
