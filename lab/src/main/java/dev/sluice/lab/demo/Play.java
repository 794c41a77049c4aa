package dev.sluice.lab.demo;

import dev.sluice.lab.Privilege;
import dev.sluice.lab.Topology;

/** A demonstration: a network, a story told in it, and what was measured. One thread. */
interface Play {
    /** The network, for people. */
    String picture();

    /** Builds the network and tells the story to its end. */
    Findings perform(Topology topology, Progress progress);

    /** What the product says of itself: for a run that was not as expected. */
    String diagnosis();

    /** How to look at what stays up, change it and stop it. */
    String keeping(Privilege privilege);
}
