import Clocks
import Testing

/// Laws by exhaustion: all vectors over three replicas with counters 0, 1 and 2.
@Suite struct VersionVectorTests {
  static let world: [VersionVector] = (0..<27).map { code in
    vector([code % 3, code / 3 % 3, code / 9])
  }

  static func vector(_ counters: [Int]) -> VersionVector {
    VersionVector(
      counters.enumerated().filter { $0.element > 0 }.map {
        Dot(replica: ReplicaID(UInt32($0.offset + 1)), counter: UInt64($0.element))
      })
  }

  static let replicas = (1...3).map { ReplicaID($0) }

  @Test func equalHistoriesAreEqualValues() {
    #expect(Set(Self.world).count == 27)
    for vector in Self.world { #expect(VersionVector(vector.dots.reversed()) == vector) }
    #expect(VersionVector() == VersionVector([Dot(replica: ReplicaID(1), counter: 0)]))
    #expect(VersionVector().isEmpty)
  }

  @Test func joiningIsCommutativeAndIdempotent() {
    for left in Self.world {
      #expect(left.joined(left) == left)
      #expect(left.joined(VersionVector()) == left)
      for right in Self.world { #expect(left.joined(right) == right.joined(left)) }
    }
  }

  @Test func joiningIsAssociative() {
    for a in Self.world {
      for b in Self.world {
        let ab = a.joined(b)
        for c in Self.world where ab.joined(c) != a.joined(b.joined(c)) {
          Issue.record("\(a.dots) \(b.dots) \(c.dots)")
        }
      }
    }
  }

  @Test func theJoinIsTheLeastUpperBound() {
    for left in Self.world {
      for right in Self.world {
        let join = left.joined(right)
        #expect(Self.isAtMost(left, join) && Self.isAtMost(right, join))
        for bound in Self.world where Self.isAtMost(left, bound) && Self.isAtMost(right, bound) {
          if !Self.isAtMost(join, bound) { Issue.record("\(join.dots) is not least") }
        }
      }
    }
  }

  /// The order by its definition, replica by replica.
  static func isAtMost(_ left: VersionVector, _ right: VersionVector) -> Bool {
    replicas.allSatisfy { left[$0] <= right[$0] }
  }

  @Test func theOrderIsTheOneOfTheCounters() {
    for left in Self.world {
      for right in Self.world {
        let expected: CausalOrder =
          switch (Self.isAtMost(left, right), Self.isAtMost(right, left)) {
          case (true, true): .equal
          case (true, false): .before
          case (false, true): .after
          case (false, false): .concurrent
          }
        #expect(left.order(to: right) == expected)
        #expect((expected == .equal) == (left == right))
      }
    }
  }

  @Test func theOrderIsTransitive() {
    for a in Self.world {
      for b in Self.world where a.order(to: b) == .before {
        for c in Self.world where b.order(to: c) == .before && a.order(to: c) != .before {
          Issue.record("\(a.dots) \(b.dots) \(c.dots)")
        }
      }
    }
  }

  @Test func aDifferenceIsWhatIsMissing() {
    for left in Self.world {
      for right in Self.world {
        let difference = left.difference(from: right)
        #expect(right.joined(difference) == right.joined(left))
        #expect(difference.dots.allSatisfy { left.contains($0) && !right.contains($0) })
        #expect(difference.isEmpty == Self.isAtMost(left, right))
      }
    }
  }

  @Test func includingNeverLowers() {
    for start in Self.world {
      for replica in Self.replicas {
        for counter in UInt64(0)...3 {
          var vector = start
          let dot = Dot(replica: replica, counter: counter)
          #expect(start.contains(dot) == (counter <= start[replica]))
          vector.include(dot)
          #expect(vector[replica] == max(start[replica], counter))
          #expect(Self.isAtMost(start, vector))
        }
      }
    }
  }

  @Test func dotsComeInTheOrderOfTheReplicas() {
    let vector = VersionVector(
      [9, 2, 7, 1].map { Dot(replica: ReplicaID($0), counter: UInt64($0) * 10) })
    #expect(vector.dots.map(\.replica.rawValue) == [1, 2, 7, 9])
    #expect(vector.dots.map(\.description) == ["r1.10", "r2.20", "r7.70", "r9.90"])
  }
}
