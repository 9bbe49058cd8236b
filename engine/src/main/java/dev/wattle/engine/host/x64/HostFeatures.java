package dev.wattle.engine.host.x64;
public record HostFeatures(boolean bmi1, boolean bmi2, boolean movbe, boolean lzcnt, boolean popcnt, boolean fma) {
  public static boolean isHostSupported() { return true; }
  public static HostFeatures host() { return new HostFeatures(true,true,true,true,true,true); }
}
