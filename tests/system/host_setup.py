#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""nic-bind, hugepages and isolate-cores on a made-up machine: a dry run changes nothing, --undo restores every file,
and what would cut the machine off is refused. A thread plays the kernel's side of driver binding."""
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.path.join(HERE, "..", "..", "drivers-cfg")
PCI = "sys/bus/pci"
NIC, UPLINK, MLX = "0000:03:00.0", "0000:04:00.0", "0000:81:00.0"


class Machine:
    """A root folder with two nodes, eight CPUs, three NICs."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="muster-host.")
        for node in 0, 1:
            self.put(f"sys/devices/system/node/node{node}/hugepages/hugepages-2048kB/nr_hugepages", "3\n")
        self.put("sys/devices/system/cpu/online", "0-7\n")
        for cpu in range(8):
            self.put(f"sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor", "powersave\n")
        self.put("proc/irq/1/smp_affinity_list", "0-7\n")
        self.put("proc/irq/2/smp_affinity_list", "2\n")
        self.put("proc/irq/3/smp_affinity_list", "0\n")
        self.put("proc/net/route", "Iface Destination Gateway Flags RefCnt Use Metric Mask\n"
                 "bond0 00000000 0100000A 0003 0 0 0 00000000\neth0 0000000A 00000000 1 0 0 0 000000FF\n")
        self.put("proc/net/ipv6_route", "")
        self.put(f"{PCI}/drivers_probe", "")
        for name in "ixgbe", "mlx5_core", "vfio-pci":
            self.put(f"{PCI}/drivers/{name}/unbind", "")
        for address, driver, net in (NIC, "ixgbe", "eth0"), (UPLINK, "ixgbe", "eth1"), (MLX, "mlx5_core", "eth2"):
            self.put(f"{PCI}/devices/{address}/class", "0x020000\n")
            self.put(f"{PCI}/devices/{address}/driver_override", "(null)\n")
            self.put(f"{PCI}/devices/{address}/iommu_group/x", "")
            self.put(f"{PCI}/devices/{address}/net/{net}/address", "")
            self.put(f"sys/class/net/{net}/address", "")
            self.link(address, driver)
        self.put("sys/class/net/eth1/upper_bond0/x", "")
        self.stuck = False
        self.end = threading.Event()
        self.thread = threading.Thread(target=self.kernel)
        self.thread.start()

    def path(self, name):
        return os.path.join(self.root, name)

    def put(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="ascii") as f:
            f.write(text)

    def get(self, name):
        with open(self.path(name), encoding="ascii") as f:
            return f.read()

    def link(self, address, driver):
        os.symlink(self.path(f"{PCI}/drivers/{driver}"), self.path(f"{PCI}/devices/{address}/driver"))

    def driver(self, address):
        link = self.path(f"{PCI}/devices/{address}/driver")
        return os.path.basename(os.readlink(link)) if os.path.islink(link) else None

    def kernel(self):
        while not self.end.wait(0.002):
            for name in "ixgbe", "vfio-pci":
                address = self.get(f"{PCI}/drivers/{name}/unbind")
                if address:
                    self.put(f"{PCI}/drivers/{name}/unbind", "")
                    os.unlink(self.path(f"{PCI}/devices/{address}/driver"))
            address = self.get(f"{PCI}/drivers_probe")
            if address:
                self.put(f"{PCI}/drivers_probe", "")
                wanted = self.get(f"{PCI}/devices/{address}/driver_override").strip()
                if wanted != "vfio-pci":
                    # As sysfs shows an override that was taken back.
                    self.put(f"{PCI}/devices/{address}/driver_override", "(null)\n")
                    self.link(address, "ixgbe")
                elif not self.stuck:
                    self.link(address, "vfio-pci")

    def image(self):
        """Every file and link, but for empty folders."""
        found = {}
        for folder, folders, files in os.walk(self.root):
            for name in files + folders:
                path = os.path.join(folder, name)
                if os.path.islink(path):
                    found[path] = os.readlink(path)
                elif os.path.isfile(path):
                    with open(path, encoding="ascii") as f:
                        found[path] = f.read()
        return found

    def close(self):
        self.end.set()
        self.thread.join()
        shutil.rmtree(self.root)


class Setup(unittest.TestCase):
    def setUp(self):
        self.machine = Machine()
        self.before = self.machine.image()

    def tearDown(self):
        self.machine.close()

    def tool(self, *words, code=0):
        env = dict(os.environ, MUSTER_HOST_ROOT=self.machine.root, PYTHONDONTWRITEBYTECODE="1")
        done = subprocess.run([sys.executable, os.path.join(TOOLS, words[0]), *words[1:]], env=env, text=True,
                              capture_output=True, check=False, timeout=60)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        time.sleep(0.02)
        return done.stdout + done.stderr

    def dry_then_undo(self, *words):
        """Applies; returns what was told. The dry run tells the same, and changes nothing."""
        told = self.tool(*words, "--dry-run")
        self.assertEqual(self.machine.image(), self.before)
        self.assertEqual(self.tool(*words), told)
        self.assertNotEqual(self.machine.image(), self.before)
        return told

    def undo(self, tool):
        self.tool(tool, "--undo", "--dry-run")
        self.assertNotEqual(self.machine.image(), self.before)
        self.tool(tool, "--undo")
        self.assertEqual(self.machine.image(), self.before)
        self.assertIn("nothing to undo", self.tool(tool, "--undo"))

    def test_hugepages(self):
        self.dry_then_undo("hugepages", "--pages", "64", "--node", "1")
        nodes = "sys/devices/system/node/node{}/hugepages/hugepages-2048kB/nr_hugepages"
        self.assertEqual(self.machine.get(nodes.format(1)), "64")
        self.assertEqual(self.machine.get(nodes.format(0)), "3\n")
        self.tool("hugepages", "--pages", "128")
        self.assertEqual(self.machine.get(nodes.format(0)), "128")
        self.undo("hugepages")
        self.assertIn("no NUMA node 2", self.tool("hugepages", "--pages", "1", "--node", "2", code=1))
        self.assertIn("no hugepages of 1G", self.tool("hugepages", "--size", "1G", "--pages", "1", code=1))

    def test_isolate_cores(self):
        told = self.dry_then_undo("isolate-cores", "--cpus", "2-4,6", "--boot")
        self.assertIn("away from the workers", told)
        get = self.machine.get
        self.assertEqual([get(f"proc/irq/{n}/smp_affinity_list") for n in (1, 2, 3)], ["0-1,5,7", "0-1,5,7", "0\n"])
        self.assertEqual(get("sys/devices/system/cpu/cpu6/cpufreq/scaling_governor"), "performance")
        self.assertEqual(get("sys/devices/system/cpu/cpu5/cpufreq/scaling_governor"), "powersave\n")
        self.assertIn("isolcpus=2-4,6 nohz_full=2-4,6", get("etc/default/grub.d/muster.cfg"))
        self.undo("isolate-cores")
        for words, why in (("0-7", "left to the kernel"), ("8", "not online"), ("two", "no list of CPUs")):
            self.assertIn(why, self.tool("isolate-cores", "--cpus", words, code=1))
        self.assertEqual(self.machine.image(), self.before)

    def test_nic_bind(self):
        self.dry_then_undo("nic-bind", "--bind", NIC)
        self.assertEqual(self.machine.driver(NIC), "vfio-pci")
        self.assertIn("already", self.tool("nic-bind", "--bind", NIC))
        self.undo("nic-bind")
        self.tool("nic-bind", "--bind", NIC)
        self.tool("nic-bind", "--release", NIC)
        self.assertEqual(self.machine.image(), self.before)
        self.assertIn("ixgbe", self.tool("nic-bind", "--list"))

    def test_nic_bind_refuses(self):
        for words, why in ((UPLINK, "default route (bond0)"), (MLX, "mlx5_core"), ("eth0", "no PCI address"),
                           ("0000:99:00.0", "no PCI device"), ):
            self.assertIn(why, self.tool("nic-bind", "--bind", words, code=1))
        self.machine.put("proc/net/ipv6_route", f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} 0 0 0 3 eth0\n")
        self.assertIn("default route (eth0)", self.tool("nic-bind", "--bind", NIC, code=1))
        self.machine.put("proc/net/ipv6_route", "")
        shutil.rmtree(self.machine.path(f"{PCI}/devices/{UPLINK}/iommu_group"))
        self.machine.put("proc/net/route", "")
        self.assertIn("no IOMMU", self.tool("nic-bind", "--bind", UPLINK, code=1))
        self.assertEqual(self.machine.driver(NIC), "ixgbe")

    def test_nic_bind_takes_back_what_failed(self):
        self.machine.stuck = True
        self.assertIn("stays with ixgbe", self.tool("nic-bind", "--bind", NIC, code=1))
        self.assertEqual(self.machine.image(), self.before)

    def test_refuses_plain_users(self):
        other = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        env = dict(os.environ, PYTHONDONTWRITEBYTECODE="1")
        for words in (["nic-bind", "--undo"], ["hugepages", "--pages", "1"], ["isolate-cores", "--undo"]):
            try:
                done = subprocess.run([os.path.join(TOOLS, words[0]), *words[1:]], text=True, capture_output=True,
                                      check=False, env=env, timeout=60, **other)
            except PermissionError:
                self.skipTest("the tree is closed to other users")
            self.assertEqual((done.returncode, "needs root" in done.stderr), (1, True), done.stderr)


if __name__ == "__main__":
    unittest.main()
