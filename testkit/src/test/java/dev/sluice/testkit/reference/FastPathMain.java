package dev.sluice.testkit.reference;

class FastPathMain {
    public static void main(String[] a) {
        FastPathCoverage told = new FastPathCoverage();
        System.out.println(
                Campaign.runBehindFastPaths(Long.parseLong(a[0]), Long.parseLong(a[1]), new Coverage(), told));
        System.out.println(told);
    }
}
