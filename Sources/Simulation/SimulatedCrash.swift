/// The process at a place died here.
struct SimulatedCrash: Error, Hashable {}
