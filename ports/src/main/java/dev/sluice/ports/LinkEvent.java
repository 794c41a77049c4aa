package dev.sluice.ports;

/** A change of an interface, seen by {@link LinkMonitor}. */
public sealed interface LinkEvent {
    /** The interface as it is now; for one that vanished, as it was last. */
    LinkInfo link();

    /** There was none of this index. */
    record Appeared(LinkInfo link) implements LinkEvent {}

    /** Something about it is different: state, carrier, name, MTU, MAC, master or alias. */
    record Changed(LinkInfo link, LinkInfo before) implements LinkEvent {}

    /** It was deleted or moved to another network namespace. */
    record Vanished(LinkInfo link) implements LinkEvent {}

    /** The host may have got or lost an address there. */
    record Readdressed(LinkInfo link) implements LinkEvent {}
}
