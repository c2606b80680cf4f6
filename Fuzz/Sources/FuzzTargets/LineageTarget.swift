internal import Basics
internal import Clocks

/// What a lineage says of places is what walking its logs entry by entry says.
package struct LineageTarget: FuzzTarget {
  package static let name = "lineage"
  package static let inputBytesMax = 128
  private let isBroken: Bool

  package init(isBroken: Bool) { self.isBroken = isBroken }

  package func check(_ input: [UInt8]) throws(FuzzFinding) {
    var choices = InputBytes(input)
    let tree = GenerationTree(&choices)
    // Planted: a fork is one too late.
    let links = tree.links.map { link in
      LineageLink(
        generation: link.generation, parent: link.parent,
        fork: isBroken && link.parent != nil ? link.fork.next : link.fork)
    }
    let lineage = Lineage(links: links)
    var again = links
    again.reverse()
    try hold(Lineage(links: again) == lineage, "A lineage depends on the order of its links.")
    try hold(Lineage(links: lineage.links) == lineage, "A lineage's links say another lineage.")
    for generation in tree.generations.indices {
      for position in 0...tree.positionMax { try checkPlace(generation, position, tree, lineage) }
    }
  }

  private func checkPlace(
    _ generation: Int, _ position: Int, _ tree: GenerationTree, _ lineage: Lineage
  ) throws(FuzzFinding) {
    let place = tree.place(generation, position)
    let log = tree.log(generation, position)
    let canonical = lineage.canonical(place)
    try hold(lineage.canonical(canonical) == canonical, "A canonical place has another name.")
    for other in tree.generations.indices {
      for otherPosition in 0...tree.positionMax {
        let otherPlace = tree.place(other, otherPosition)
        let otherLog = tree.log(other, otherPosition)
        try hold(
          (lineage.canonical(otherPlace) == canonical) == (log == otherLog),
          "Two places have one name, or one has two.")
        try hold(
          lineage.includes(otherPlace, in: place) == log.starts(with: otherLog),
          "What a context includes is not what its log has.")
        let shared = zip(log, otherLog).prefix { $0 == $1 }.count
        let common = lineage.common(place, otherPlace)
        try hold(
          common.map { Int($0.position.rawValue) } == shared
            && common.map { lineage.includes($0, in: place) } == true
            && common.map { lineage.includes($0, in: otherPlace) } == true,
          "The last place that two logs share is another one.")
      }
    }
  }
}
