package dev.sluice.model;

/** A value out of a fixed set; the word is what users write. */
public interface Word {
    /** The word as it stands in YAML. */
    String word();
}
