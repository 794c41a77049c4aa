package dev.sluice.lab.demo;

/** A part of the story: does something real and notes what it measured. */
interface Step {
    /** What happens, in a few words. */
    String title();

    /** Does it; adds its lines to the findings and returns the figure that is shown beside its title. */
    String run(Stage stage);
}
