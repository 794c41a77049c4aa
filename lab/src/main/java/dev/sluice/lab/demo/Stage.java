package dev.sluice.lab.demo;

/**
 * What the steps play with.
 *
 * @param scene the network
 * @param sluice the product, running in the middle of it
 * @param objects its configuration
 * @param streams traffic whose every packet is accounted for
 * @param witnesses who sees which of its packets pass
 * @param findings where measured figures go
 * @param scale how much traffic
 */
record Stage(
        Scene scene,
        SluiceProcess sluice,
        DemoObjects objects,
        Streams streams,
        Witnesses witnesses,
        Findings findings,
        Scale scale) {
    /** Changes the chain and waits until that is in force; the time it took, in nanoseconds. */
    long changeChain(String profiles, String onFailure) {
        int generation = sluice.status().generation();
        long startNs = System.nanoTime();
        objects.writeChain(profiles, onFailure);
        sluice.awaitGenerationAfter(generation);
        return System.nanoTime() - startNs;
    }
}
