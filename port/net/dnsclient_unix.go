//go:build tinynetport

package net

func getSystemDNSConfig() *dnsConfig {
	if conf := currentDevice().dnsConfig(); conf != nil {
		return conf
	}
	resolvConf.tryUpdate("/etc/resolv.conf")
	return resolvConf.dnsConfig.Load()
}
